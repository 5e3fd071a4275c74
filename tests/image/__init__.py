"""The image that Containerfile makes."""
