"""The site as a whole: saved, moved, brought up to date, proved sound."""
