"""Partners: who they are, how they prove it, what they may write and are told."""
