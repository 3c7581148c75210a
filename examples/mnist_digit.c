/* MNIST's own way of placing a digit (http://yann.lecun.com/exdb/mnist/): "normalized
 * to fit in a 20x20 pixel box while preserving their aspect ratio", with grey levels
 * from anti-aliasing, then "centered in a 28x28 image by computing the center of mass
 * of the pixels". What is ink, and what is paper, the picture's border says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mnist_digit.h"

enum {
    SHADES = 256,
    WHITE = SHADES - 1,
    BORDER_SHARE = 28, /* the border is one 28th of the shorter side, at least a pixel */
    NOISE_FACTOR = 4,  /* paper strays so many times the median stray of the border */
    FAINTEST = 24,     /* that ink may be above the noise */
    FAINT_INK = 40     /* no part of the digit's box; near ink, JPEG makes such specks */
};

/* The middle of all digits of MNIST, to a hundredth: pixel (14, 14), not the image's own middle. */
static const double CENTRE = 14;

/* ---- ink and paper ---- */

typedef struct paper {
    int shade, noise;
} paper;

static int median(const size_t histogram[SHADES], size_t count)
{
    size_t below = 0;
    int shade = 0;
    while (below + histogram[shade] <= count / 2)
        below += histogram[shade++];
    return shade;
}

static paper look_at_border(const hg_picture *picture)
{
    const int shorter = picture->height < picture->width ? picture->height : picture->width;
    const int border = shorter / BORDER_SHARE > 1 ? shorter / BORDER_SHARE : 1;
    size_t shades[SHADES] = { 0 }, strays[SHADES] = { 0 }, count = 0;
    for (int row = 0; row < picture->height; row++) {
        const bool whole = row < border || row >= picture->height - border;
        for (int column = 0; column < picture->width; column++) {
            if (!whole && column == border && picture->width > 2 * border)
                column = picture->width - border;
            shades[picture->pixels[(size_t)row * (size_t)picture->width + (size_t)column]]++;
            count++;
        }
    }
    paper paper = { .shade = median(shades, count) };
    for (int shade = 0; shade < SHADES; shade++)
        strays[abs(shade - paper.shade)] += shades[shade];
    paper.noise = NOISE_FACTOR * median(strays, count);
    return paper;
}

/* Ink of every shade, 0 for paper to 255 for the strongest ink there is. */
static hg_status map_ink(const hg_picture *picture, unsigned char ink[SHADES], hg_error *error)
{
    const size_t count = (size_t)picture->height * (size_t)picture->width;
    const paper paper = look_at_border(picture);
    size_t shades[SHADES] = { 0 };
    for (size_t i = 0; i < count; i++)
        shades[picture->pixels[i]]++;
    double darker = 0, lighter = 0;
    for (int shade = 0; shade < SHADES; shade++) {
        const double stray = (double)shades[shade] * fmax(abs(shade - paper.shade) - paper.noise, 0);
        *(shade < paper.shade ? &darker : &lighter) += stray;
    }
    const int sign = darker > lighter ? -1 : 1;
    int strongest = 0;
    for (int shade = 0; shade < SHADES; shade++) {
        const int stray = sign * (shade - paper.shade) - paper.noise;
        if (shades[shade] && stray > strongest)
            strongest = stray;
    }
    if (strongest < FAINTEST)
        return hg_fail(error, HG_BAD_DATA,
                       "shows nothing that stands out from its border; is it a digit, with paper all around?");
    for (int shade = 0; shade < SHADES; shade++) {
        const int stray = sign * (shade - paper.shade) - paper.noise;
        ink[shade] = (unsigned char)fmin(fmax(stray, 0) * WHITE / strongest + 0.5, WHITE);
    }
    return HG_OK;
}

/* ---- the digit's place ---- */

typedef struct box {
    int top, bottom, left, right; /* the last two behind it */
} box;

static box find_box(const hg_picture *ink)
{
    box box = { ink->height, 0, ink->width, 0 };
    for (int row = 0; row < ink->height; row++)
        for (int column = 0; column < ink->width; column++) {
            if (ink->pixels[(size_t)row * (size_t)ink->width + (size_t)column] < FAINT_INK)
                continue;
            box.top = row < box.top ? row : box.top;
            box.bottom = row + 1;
            box.left = column < box.left ? column : box.left;
            box.right = column + 1 > box.right ? column + 1 : box.right;
        }
    return box;
}

/* Keeps what is in the box, moved to the front of the same memory. */
static void crop(hg_picture *ink, box box)
{
    const size_t width = (size_t)(box.right - box.left);
    for (int row = box.top; row < box.bottom; row++)
        memmove(ink->pixels + (size_t)(row - box.top) * width,
                ink->pixels + (size_t)row * (size_t)ink->width + (size_t)box.left, width);
    ink->height = box.bottom - box.top;
    ink->width = (int)width;
}

static int scaled(int side, int longest)
{
    const int length = (int)lround((double)side * MNIST_BOX / longest);
    return length > 1 ? length : 1;
}

/* Thin strokes pale when they shrink: the strongest becomes 1 again. */
static void strengthen(float *pixels, size_t count)
{
    float strongest = 0;
    for (size_t i = 0; i < count; i++)
        strongest = fmaxf(strongest, pixels[i]);
    for (size_t i = 0; i < count && strongest > 0; i++)
        pixels[i] /= strongest;
}

/* Where `count` numbers begin so that their centre of mass is nearest to the image's, without leaving it. */
static int begin_of(const double *mass, int count)
{
    double sum = 0, moment = 0;
    for (int i = 0; i < count; i++) {
        sum += mass[i];
        moment += mass[i] * i;
    }
    const int begin = (int)lround(CENTRE - moment / sum);
    return begin < 0 ? 0 : begin > MNIST_SIDE - count ? MNIST_SIDE - count : begin;
}

static void place(const float *digit, int height, int width, float *image)
{
    double rows[MNIST_BOX] = { 0 }, columns[MNIST_BOX] = { 0 };
    for (int i = 0; i < height * width; i++) {
        rows[i / width] += (double)digit[i];
        columns[i % width] += (double)digit[i];
    }
    const int top = begin_of(rows, height), left = begin_of(columns, width);
    memset(image, 0, MNIST_SIDE * MNIST_SIDE * sizeof *image);
    for (int i = 0; i < height * width; i++)
        image[(top + i / width) * MNIST_SIDE + left + i % width] = digit[i];
}

hg_status mnist_digit_find(hg_picture *picture, float *image, hg_error *error)
{
    unsigned char ink[SHADES];
    float digit[MNIST_BOX * MNIST_BOX];
    hg_status status = map_ink(picture, ink, error);
    if (status != HG_OK)
        return status;
    for (size_t i = 0; i < (size_t)picture->height * (size_t)picture->width; i++)
        picture->pixels[i] = ink[picture->pixels[i]];
    crop(picture, find_box(picture));
    const int longest = picture->height > picture->width ? picture->height : picture->width;
    const hg_shape shape = { 1, scaled(picture->height, longest), scaled(picture->width, longest) };
    status = hg_picture_fit(picture, shape, digit, error);
    if (status != HG_OK)
        return status;
    strengthen(digit, (size_t)(shape.height * shape.width));
    place(digit, shape.height, shape.width, image);
    return HG_OK;
}
