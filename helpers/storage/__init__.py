"""Files outside the database: a store on a disk or behind S3's protocol, and what is kept in it."""
