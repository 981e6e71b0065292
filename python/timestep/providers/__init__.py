"""Model providers: what asks a model, and what a run gets back."""
