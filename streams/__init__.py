"""Live figures of a hotline from its event stream."""
