"""Start-up: processor time of `outreach --help`, imports and all; the aim is 300 ms.

python -m benchmarks.start_up [RUNS]
"""

import os
import resource
import statistics
import subprocess
import sys

AIM_MS = 300


def main() -> None:
    """Prints the median; exit code 1 where the aim is missed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    spent = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "outreach", "--help"], check=True, stdout=subprocess.DEVNULL)
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append((now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    median = statistics.median(spent)
    print(f"outreach --help: {median:.0f} ms of CPU (aim: {AIM_MS}); load {os.getloadavg()[0]:.1f}")
    sys.exit(median > AIM_MS)


if __name__ == "__main__":
    main()
