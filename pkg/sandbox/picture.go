package sandbox

import (
	"errors"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The size of a picture in pixels where none is asked for, and the bounds of what may be asked for.
const (
	pictureWidth  = 1280
	pictureHeight = 720
	minSide       = 16
	maxSide       = 4096
)

// The look of a picture.
const (
	jpegQuality  = 60
	captionScale = 3  // the font's pixels are this much larger
	captionEdge  = 12 // pixels between the picture's edge, the caption's ground and its text
	maxThings    = 5
)

// isPicture reports whether a path is one that a picture is drawn for.
func isPicture(p string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(path.Ext(p)))
}

// showPicture draws the picture of a path: always the same for the same path and size.
func showPicture(w http.ResponseWriter, r *http.Request) {
	width, errW := side(r.URL.Query().Get("w"), pictureWidth)
	height, errH := side(r.URL.Query().Get("h"), pictureHeight)
	if err := errors.Join(errW, errH); err != nil {
		refuse(http.StatusBadRequest, err.Error()).write(w)
		return
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*") // dashboards draw boxes over it
	header.Set("Cache-Control", "public, max-age=3600")
	isPNG := strings.EqualFold(path.Ext(r.URL.Path), ".png")
	header.Set("Content-Type", "image/jpeg")
	if isPNG {
		header.Set("Content-Type", "image/png")
	}
	if r.Method == http.MethodHead {
		return
	}
	scene := drawScene(r.URL.Path, width, height)
	encode := encodeJPEG
	if isPNG {
		encode = encodePNG
	}
	encode(w, scene) //nolint:errcheck // a client that has gone is no fault of the vendor
}

func encodeJPEG(w io.Writer, m image.Image) error {
	return jpeg.Encode(w, m, &jpeg.Options{Quality: jpegQuality})
}

func encodePNG(w io.Writer, m image.Image) error {
	return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, m)
}

func side(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < minSide || n > maxSide {
		return 0, errors.New("w and h must be numbers of pixels from 16 to 4096")
	}
	return n, nil
}

// drawScene draws sky, ground, a road and things on it, chosen by the path, with the frame's id over them.
func drawScene(p string, width, height int) *image.RGBA {
	hash := fnv.New64a()
	io.WriteString(hash, p)                        //nolint:errcheck // it never fails
	dice := rand.New(rand.NewPCG(hash.Sum64(), 0)) //nolint:gosec // the same path must give the same picture
	scene := image.NewRGBA(image.Rect(0, 0, width, height))
	horizon := height * (35 + dice.IntN(20)) / 100
	drawSky(scene, horizon, dice)
	fill(scene, image.Rect(0, horizon, width, height), tone(dice, color.RGBA{96, 128, 80, 255}))
	drawRoad(scene, horizon, dice.IntN(width))
	for range 2 + dice.IntN(maxThings-1) {
		drawThing(scene, horizon, dice)
	}
	drawCaption(scene, strings.TrimSuffix(path.Base(p), path.Ext(p)))
	return scene
}

func drawSky(scene *image.RGBA, horizon int, dice *rand.Rand) {
	const bands = 8
	top := tone(dice, color.RGBA{96, 150, 210, 255})
	for i := range bands {
		lift := uint8(i * 5)
		band := color.RGBA{top.R + lift, top.G + lift, top.B, 255}
		fill(scene, image.Rect(0, horizon*i/bands, scene.Rect.Max.X, horizon*(i+1)/bands), band)
	}
}

// drawRoad draws a road that narrows towards a point on the horizon.
func drawRoad(scene *image.RGBA, horizon, vanishing int) {
	width, height := scene.Rect.Max.X, scene.Rect.Max.Y
	for y := horizon; y < height; y++ {
		near := (y - horizon) * 1000 / max(height-horizon, 1) // 0 far, 1000 near
		middle := vanishing + (width/2-vanishing)*near/1000
		half := width * near / 3000
		fill(scene, image.Rect(middle-half, y, middle+half, y+1), color.RGBA{88, 88, 92, 255})
	}
}

// drawThing draws a box or an oval that stands on the ground: larger where it is nearer.
func drawThing(scene *image.RGBA, horizon int, dice *rand.Rand) {
	width, height := scene.Rect.Max.X, scene.Rect.Max.Y
	foot := horizon + dice.IntN(max(height-horizon, 1))
	tall := max((foot-horizon)/2+height/16, 4)
	wide := tall * (6 + dice.IntN(14)) / 10
	left := dice.IntN(width) - wide/2
	box := image.Rect(left, foot-tall, left+wide, foot)
	paint := color.RGBA{uint8(64 + dice.IntN(192)), uint8(48 + dice.IntN(160)), uint8(48 + dice.IntN(160)), 255} //nolint:gosec // below 256
	if dice.IntN(2) == 0 {
		fillOval(scene, box, paint)
		return
	}
	fill(scene, box, paint)
	fill(scene, image.Rect(box.Min.X+wide/8, box.Min.Y+tall/8, box.Max.X-wide/8, box.Min.Y+tall/3), color.RGBA{30, 42, 56, 255})
}

func fillOval(scene *image.RGBA, box image.Rectangle, paint color.RGBA) {
	a, b := float64(box.Dx())/2, float64(box.Dy())/2
	shown := box.Intersect(scene.Rect)
	for y := shown.Min.Y; y < shown.Max.Y; y++ {
		for x := shown.Min.X; x < shown.Max.X; x++ {
			dx, dy := (float64(x-box.Min.X)+0.5-a)/a, (float64(y-box.Min.Y)+0.5-b)/b
			if dx*dx+dy*dy <= 1 {
				scene.SetRGBA(x, y, paint)
			}
		}
	}
}

// drawCaption writes text in the upper left corner, in pixels captionScale wide.
func drawCaption(scene *image.RGBA, text string) {
	face := basicfont.Face7x13
	small := image.NewAlpha(image.Rect(0, 0, font.MeasureString(face, text).Ceil(), face.Height))
	pen := font.Drawer{Dst: small, Src: image.Opaque, Face: face, Dot: fixed.P(0, face.Ascent)}
	pen.DrawString(text)
	size := small.Rect.Size().Mul(captionScale)
	ground := image.Rectangle{Max: size.Add(image.Pt(2*captionEdge, 2*captionEdge))}
	fill(scene, ground.Add(image.Pt(captionEdge, captionEdge)), color.RGBA{16, 20, 26, 255})
	for y := range small.Rect.Max.Y {
		for x := range small.Rect.Max.X {
			if small.AlphaAt(x, y).A == 0 {
				continue
			}
			corner := image.Pt(2*captionEdge+x*captionScale, 2*captionEdge+y*captionScale)
			fill(scene, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(captionScale, captionScale))}, color.RGBA{245, 245, 240, 255})
		}
	}
}

func fill(scene *image.RGBA, where image.Rectangle, paint color.RGBA) {
	draw.Draw(scene, where, image.NewUniform(paint), image.Point{}, draw.Src)
}

// tone varies a colour a little.
func tone(dice *rand.Rand, c color.RGBA) color.RGBA {
	vary := func(v uint8) uint8 { return v - 12 + uint8(dice.IntN(24)) } //nolint:gosec // below 24
	return color.RGBA{vary(c.R), vary(c.G), vary(c.B), 255}
}
