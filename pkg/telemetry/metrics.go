package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the counters and gauges of one gateway. Label values come from the config or from fixed lists only.
type Metrics struct {
	registry *prometheus.Registry

	received   *prometheus.CounterVec
	bytes      *prometheus.CounterVec
	attempts   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	finished   *prometheus.CounterVec
	items      *prometheus.CounterVec
	inFlight   *prometheus.GaugeVec
	paused     *prometheus.GaugeVec
	config     *prometheus.GaugeVec
	loaded     prometheus.Gauge
	reloads    *prometheus.CounterVec
	deliveries *prometheus.Desc
}

// The answers that Received counts by.
const (
	ResultAccepted     = "accepted"
	ResultDuplicate    = "duplicate"
	ResultUnauthorized = "unauthorized"
	ResultInvalid      = "invalid"
	ResultTooLarge     = "too_large"
	ResultUnavailable  = "unavailable"
)

// DeliveryCount is one number of the deliveries gauge.
type DeliveryCount struct {
	Route, State string
	Count        int64
}

// NewMetrics returns the metrics in a registry of their own. counts is asked at every scrape for the number of
// deliveries by route and state; version is the binary's.
func NewMetrics(version string, counts func() []DeliveryCount) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		received: counter("events_total", "Events that came in, by answer.", "route", "result"),
		bytes:    counter("event_bytes_total", "Bytes of accepted events, inflated.", "route"),
		attempts: counter("attempts_total", "Vendor calls made, by what the answer meant.", "destination", "verdict", "reason"),
		finished: counter("deliveries_finished_total", "Deliveries that ended, by state.", "route", "state"),
		items:    counter("items_total", "Items that vendors accepted, or that were refused.", "route", "outcome"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "labelgate_attempt_duration_seconds", Help: "Time a vendor call took.",
			Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"destination"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "labelgate_calls_in_flight", Help: "Vendor calls being made.",
		}, []string{"destination"}),
		paused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "labelgate_destination_paused", Help: "1 while a destination gets nothing, 0 while it is open.",
		}, []string{"destination"}),
		config: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "labelgate_config_info", Help: "1, with the first 12 digits of the SHA-256 of the config file that runs as label.",
		}, []string{"hash"}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "labelgate_config_loaded_timestamp_seconds", Help: "When the config that runs was taken.",
		}),
		reloads:    counter("config_reloads_total", "Reloads of the config, by result: taken or refused.", "result"),
		deliveries: prometheus.NewDesc("labelgate_deliveries", "Deliveries in the ledger.", []string{"route", "state"}, nil),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "labelgate_build_info", Help: "1, with the version as label.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	m.registry.MustRegister(m.received, m.bytes, m.attempts, m.finished, m.items, m.duration, m.inFlight, m.paused, m.config, m.loaded, m.reloads, info,
		deliveryCollector{desc: m.deliveries, counts: counts},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gatherer is what /metrics serves.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Received counts a request to a route and its answer, one of the Result values.
func (m *Metrics) Received(route, result string) { m.received.WithLabelValues(route, result).Inc() }

// ReceivedBytes counts the bytes of an accepted event.
func (m *Metrics) ReceivedBytes(route string, n int64) {
	m.bytes.WithLabelValues(route).Add(float64(n))
}

// CallBegun counts a call as in flight until CallEnded.
func (m *Metrics) CallBegun(destination string) { m.inFlight.WithLabelValues(destination).Inc() }

// CallEnded counts a call that took that long, and what its answer meant.
func (m *Metrics) CallEnded(destination, verdict, reason string, took time.Duration) {
	m.inFlight.WithLabelValues(destination).Dec()
	m.attempts.WithLabelValues(destination, verdict, reason).Inc()
	m.duration.WithLabelValues(destination).Observe(took.Seconds())
}

// Paused says whether a destination is paused.
func (m *Metrics) Paused(destination string, paused bool) { //nolint:revive // the flag is the value
	value := 0.0
	if paused {
		value = 1
	}
	m.paused.WithLabelValues(destination).Set(value)
}

// ForgetPauses drops what Paused has said: the config has other destinations now.
func (m *Metrics) ForgetPauses() { m.paused.Reset() }

// ConfigTaken says which config runs from now on.
func (m *Metrics) ConfigTaken(hash string, at time.Time) {
	m.config.Reset()
	m.config.WithLabelValues(hash).Set(1)
	m.loaded.Set(float64(at.UnixMilli()) / 1000)
}

// Reloaded counts a reload.
func (m *Metrics) Reloaded(result string) { m.reloads.WithLabelValues(result).Inc() }

// Finished counts a delivery that reached a final state, with its items.
func (m *Metrics) Finished(route, state string, accepted, refused int) {
	m.finished.WithLabelValues(route, state).Inc()
	m.items.WithLabelValues(route, "accepted").Add(float64(accepted))
	m.items.WithLabelValues(route, "refused").Add(float64(refused))
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "labelgate_" + name, Help: help}, labels)
}

// deliveryCollector reads the ledger's counts when it is scraped.
type deliveryCollector struct {
	desc   *prometheus.Desc
	counts func() []DeliveryCount
}

// Describe sends the gauge's description.
func (c deliveryCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect sends the present counts.
func (c deliveryCollector) Collect(ch chan<- prometheus.Metric) {
	for _, n := range c.counts() {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(n.Count), n.Route, n.State)
	}
}
