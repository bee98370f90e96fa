package sandbox

import (
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/http"
	"path"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// isPicture reports whether a path is that of an image.
func isPicture(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// The sample events' images are 1920 by 1080; ?w= and ?h= ask for another size.
const (
	defaultWidth  = 1920
	defaultHeight = 1080
	maxSide       = 4096
)

// servePicture draws the picture of a path: always the same one, with its name on it.
func servePicture(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	img := drawPicture(r.URL.Path, side(query.Get("w"), defaultWidth), side(query.Get("h"), defaultHeight))
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if strings.EqualFold(path.Ext(r.URL.Path), ".png") {
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, img) // who has gone needs no picture
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_ = jpeg.Encode(w, img, &jpeg.Options{Quality: 70})
}

func side(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxSide {
		return otherwise
	}
	return n
}

// drawPicture draws a street-like scene: sky, ground, a few blocks, and the file's name.
func drawPicture(name string, width, height int) *image.RGBA {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	rnd := rand.New(rand.NewPCG(sum.Sum64(), 1)) //nolint:gosec // the same picture every time
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	horizon := height/3 + rnd.IntN(height/4+1)
	fill(img, image.Rect(0, 0, width, horizon), color.RGBA{150, 190, 225, 255})
	fill(img, image.Rect(0, horizon, width, height), color.RGBA{110, 115, 105, 255})
	for range 8 {
		x, size := rnd.IntN(width), 1+width/30+rnd.IntN(width/10+1)
		tint := color.RGBA{uint8(60 + rnd.IntN(160)), uint8(60 + rnd.IntN(160)), uint8(60 + rnd.IntN(160)), 255} //nolint:gosec // below 220
		fill(img, image.Rect(x, horizon-size/2, x+size, horizon+size/2), tint)
	}
	write(img, path.Base(name), 10, 24)
	return img
}

func fill(img *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func write(img *image.RGBA, text string, x, y int) {
	d := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(text)
}
