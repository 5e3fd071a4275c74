"""The dialect of messages: docs/formatting.md."""
