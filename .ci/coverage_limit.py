"""Say how much of the lines and branches the tests reached, and fail below the limit on branches."""

import json
import sys
from pathlib import Path

BRANCHES_MIN_PERCENT = 90.0

totals = json.loads(Path(sys.argv[1]).read_text())["totals"]
lines = 100 * totals["covered_lines"] / totals["num_statements"]
branches = 100 * totals["covered_branches"] / totals["num_branches"]
print(f"coverage: {lines:.1f} % of lines, {branches:.1f} % of branches (at least {BRANCHES_MIN_PERCENT:.0f} %)")
if branches < BRANCHES_MIN_PERCENT:
    print("see `.venv/bin/coverage report` for what is missing", file=sys.stderr)
    sys.exit(1)
