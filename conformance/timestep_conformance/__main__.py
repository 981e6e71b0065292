"""Runs the suite as `python -m timestep_conformance`."""

from timestep_conformance.cli import main

if __name__ == "__main__":
    main()
