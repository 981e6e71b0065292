"""The cases of whole runs that need no store: what tools, guardrails, handoffs, decisions and readers are due."""
