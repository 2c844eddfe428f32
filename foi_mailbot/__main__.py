"""Runs the command line: `python -m foi_mailbot`."""

from foi_mailbot.cli import main

if __name__ == "__main__":
    main()
