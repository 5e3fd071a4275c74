"""The ways by which people hear of notices when no page is open: Web Push, and mail."""
