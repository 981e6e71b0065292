"""`python -m timestep` is the `timestep` command."""

from timestep.cli.app import main

if __name__ == "__main__":
    main()
