"""What operators see of requests: their ids, measures and traces, and whether the site is well."""
