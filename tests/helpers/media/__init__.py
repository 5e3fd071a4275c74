"""Pictures, videos, and colours."""
