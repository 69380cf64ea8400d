package figure

import (
	"bytes"
	"fmt"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// PNG returns the figure as PNG, at 144 dots per inch.
func (f Figure) PNG() ([]byte, error) {
	l := f.layout()
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, l.height()), vgimg.UseDPI(144))}
	f.drawAll(draw.New(c), &l)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing PNG: %w", err)
	}
	return b.Bytes(), nil
}
