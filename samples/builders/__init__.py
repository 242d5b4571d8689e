"""How the samples' files are made; `samples/build.py` is the command."""
