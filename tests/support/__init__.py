"""What the stories are told with: people, servers, browsers, large sites."""
