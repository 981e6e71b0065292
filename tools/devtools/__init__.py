"""What `tools/dev.py` is made of; plain standard library, since it runs before anything is installed."""
