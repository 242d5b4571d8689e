"""What an assistant may read and write over the Model Context Protocol: never to send, to approve or to lift."""
