"""The histories of which the cases of the loop are made (conformance/cases/loop)."""
