"""The lab's parts as plain processes on loopback: PostgreSQL, Redis, pgweir, replicas of app/tasks, nginx and Prometheus."""
