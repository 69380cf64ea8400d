package sample

import (
	"fmt"
	"math"
	"math/big"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Measure summarizes one measure over the replications of a design point, in the unit of the
// measure. Minimum and maximum are exact. The result does not depend on the order in which the
// replications finish.
type Measure struct {
	Count   int   `json:"count"` // replications that reported it
	Mean    int64 `json:"mean"`  // rounded to the nearest integer, halves up
	Minimum int64 `json:"minimum"`

	// Median and Quantile95 are nearest-rank quantiles: the q-quantile of n values is the value of
	// rank q*n, rounded up, counted from the smallest. They are never above the exact value, and
	// below it by less than 0.1 % (1/1024). Up to 2047 they are exact.
	Median     int64 `json:"median"`
	Quantile95 int64 `json:"quantile_95"`

	Maximum int64 `json:"maximum"`
}

// significantDigits is the precision of the histogram and sets the relative error of Measure: 2048
// buckets for values up to 2047, and 1024 for each further factor of two. Empty buckets take no
// memory.
const significantDigits = 3

// collector collects the values of one measure in bounded memory: at most 0.6 MB, if values of
// every size from 1 ns to three centuries occur. Real measures take a few kilobytes.
type collector struct {
	count            int
	sum              big.Int
	minimum, maximum int64
	histogram        *hdr.PackedHistogram
}

func newCollector() *collector {
	return &collector{minimum: math.MaxInt64, histogram: hdr.NewPacked(1, math.MaxInt64, significantDigits)}
}

// add adds a value. A negative value is an error, because the histogram cannot hold it.
func (c *collector) add(value int64) error {
	if value < 0 {
		return fmt.Errorf("it is %d, want 0 or more", value)
	}
	if err := c.histogram.RecordValue(value); err != nil {
		return err
	}
	c.count++
	c.sum.Add(&c.sum, big.NewInt(value))
	c.minimum, c.maximum = min(c.minimum, value), max(c.maximum, value)
	return nil
}

// measure summarizes the added values; there must be at least one.
func (c *collector) measure() Measure {
	n := big.NewInt(int64(c.count))
	mean := new(big.Int).Lsh(&c.sum, 1)
	mean.Div(mean.Add(mean, n), n.Lsh(n, 1))
	return Measure{
		Count: c.count, Mean: mean.Int64(), Minimum: c.minimum, Maximum: c.maximum,
		Median: c.quantile(50), Quantile95: c.quantile(95),
	}
}

// quantile returns the quantile for a percentage above 0. It computes the rank in integers, because
// 0.95*n in floating point may fall just above or below a whole number.
func (c *collector) quantile(percent int) int64 {
	rank, below := (int64(c.count)*int64(percent)+99)/100, int64(0)
	for value, count := range c.histogram.ForEachBucket {
		if below += count; below >= rank {
			return max(value, c.minimum) // the bucket begins at value
		}
	}
	return c.maximum
}

// collect adds the measures of one replication to its point.
func (p *Point) collect(measures map[string]int64) error {
	for name, value := range measures { // the order does not matter: measures are independent
		c := p.collectors[name]
		if c == nil {
			c = newCollector()
			if p.collectors == nil {
				p.collectors = map[string]*collector{}
			}
			p.collectors[name] = c
		}
		if err := c.add(value); err != nil {
			return fmt.Errorf("measure %s: %w", name, err)
		}
	}
	return nil
}

// sumUp turns the collected values into Measures and releases the collectors. Points finish one
// after another, so only a few hold histograms at the same time.
func (p *Point) sumUp() {
	for name, c := range p.collectors {
		if p.Measures == nil {
			p.Measures = map[string]Measure{}
		}
		p.Measures[name] = c.measure()
	}
	p.collectors = nil
}
