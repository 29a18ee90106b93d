"""`python -m supergame`: the command line where there is no `supergame` on the path."""

from supergame.cli import main

main()
