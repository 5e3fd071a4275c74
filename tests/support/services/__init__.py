"""What stands beside a chat: servers for mail, objects, pushes and scans, and a proxy that loses things."""
