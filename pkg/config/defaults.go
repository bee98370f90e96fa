package config

import "time"

// defaulter is a part of the file that has defaults; they are set before what the file says is laid over them.
// This page is the one place where defaults are.
type defaulter interface{ setDefaults() }

func defaults() *Config {
	c := &Config{}
	c.setDefaults()
	return c
}

func (c *Config) setDefaults() {
	c.Server = Server{
		Listen:        ":8080",
		MaxBody:       512 << 20,
		HeaderTimeout: 10 * time.Second,
		// 170 MB over a line of 2.5 Mbit/s. Only senders with the secret are waited for so long.
		BodyTimeout:  10 * time.Minute,
		DrainTimeout: 30 * time.Second,
	}
	c.Store = Store{URL: "sqlite://labelgate.db", Retention: 720 * time.Hour}
	c.Log = Log{Level: "info"}
}

func (d *Destination) setDefaults() {
	d.Limits = Limits{Concurrency: 4, Timeout: 30 * time.Second, MaxAnswer: 8 << 20}
	d.Retry = Retry{
		Initial: time.Second, Max: 10 * time.Minute, MaxRetryAfter: time.Hour, Poll: 5 * time.Second,
		GiveUpAfter: 24 * time.Hour, PauseAfter: 10,
	}
}

func (r *Route) setDefaults() {
	r.Events = []string{"issue-exported"}
	r.Dedup = 10 * time.Minute
}
