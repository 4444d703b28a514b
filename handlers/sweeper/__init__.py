"""The sweeper: settles open payments and queues due webhook deliveries."""
