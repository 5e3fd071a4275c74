"""Acts of order: on people and on what they wrote, with reports and filters. Each records itself in its
transaction (chat/history/writing/acts.py)."""
