/* Digits as a random hand writes them: the points of a skeleton are moved, joined
 * by smooth curves, brought to the size and place that MNIST's digits have, and
 * drawn with a round brush of uneven pressure. */
#include <assert.h>
#include <math.h>

#include "datasets/dataset.h"
#include "datasets/digit_skeletons.h"
#include "src/pool.h"

enum {
    SIDE = 28,
    PIXELS = SIDE * SIDE,
    CLASSES = 10,
    STEPS = 6, /* straight pieces from one point of a skeleton to the next */
    MAX_VERTICES = DIGIT_MAX_POINTS * STEPS
};

static const double TWO_PI = 6.283185307179586, WHITE = 255;

/* The shape of a hand: deviations, in units of the digit's height unless said otherwise. */
static const double CARELESS = 2;   /* how much more a careless hand jitters and waves than a careful one */
static const double JITTER = 0.031; /* of each point by itself */
static const double WAVE = 0.03;    /* of the wave that bends the digit as a whole */
static const double WAVE_RATE = 6;  /* radians a unit, at most */
static const double SLANT = 0.21, MEAN_SLANT = 0.16;
static const double ROTATION = 0.11;                     /* radians */
static const double STRETCH = 0.22, MEAN_STRETCH = 0.12; /* logarithm of width over height */

/* The drawing, in pixels unless said otherwise. */
static const double BOX = 20;             /* longer side of a drawn digit */
static const double SMALLEST = 0.93;      /* share of the box that a digit fills at least */
static const double SHIFT = 0.5;          /* deviation of the centre of mass from the image's */
static const double MARGIN = 2;           /* from the border to the middle of any line */
static const double RADIUS = 1.3;         /* of the brush */
static const double RADIUS_SPREAD = 0.25; /* deviation of its logarithm */
static const double THINNEST = 0.7, THICKEST = 2.2;
static const double PRESSURE = 0.25;  /* share of the radius that comes and goes along a line, at most */
static const double EDGE = 1.2;       /* width over which ink fades out */
static const double ROUGHNESS = 0.25; /* of the edge, at most */
static const double PALEST = 0.92;    /* ink, as a share of white */

typedef struct vertex {
    double x, y, radius;
    bool down; /* the pen comes down here: no line leads to this vertex */
} vertex;

typedef struct drawing {
    size_t count;
    vertex vertices[MAX_VERTICES];
} drawing;

static double clamp(double value, double lower, double upper)
{
    return fmin(fmax(value, lower), upper);
}

static double uniform(hg_random *random, double lower, double upper)
{
    return lower + (upper - lower) * hg_random_uniform(random);
}

static const digit_skeleton *choose_skeleton(hg_random *random, int digit)
{
    unsigned shares = 0;
    for (size_t i = 0; i < digit_skeleton_count; i++)
        if (digit_skeletons[i].digit == digit)
            shares += digit_skeletons[i].share;
    unsigned chosen = hg_random_below(random, shares);
    const digit_skeleton *skeleton = digit_skeletons;
    while (skeleton->digit != digit || chosen >= skeleton->share) {
        if (skeleton->digit == digit)
            chosen -= skeleton->share;
        skeleton++;
    }
    return skeleton;
}

/* The skeleton's points as this hand would set them, in units of the digit's height. */
static void place_points(hg_random *random, const digit_skeleton *skeleton, vertex *points)
{
    assert(skeleton->count <= DIGIT_MAX_POINTS);
    const double care = uniform(random, 1, CARELESS), jitter = care * JITTER, wave = care * WAVE;
    const double wave_x = wave * hg_random_normal(random), wave_y = wave * hg_random_normal(random);
    const double rate_x = uniform(random, 0, WAVE_RATE), rate_y = uniform(random, 0, WAVE_RATE);
    const double phase_x = uniform(random, 0, TWO_PI), phase_y = uniform(random, 0, TWO_PI);
    const double slant = MEAN_SLANT + SLANT * hg_random_normal(random);
    const double stretch = exp(MEAN_STRETCH + STRETCH * hg_random_normal(random));
    const double angle = ROTATION * hg_random_normal(random);
    const double cosine = cos(angle), sine = sin(angle);
    for (size_t i = 0; i < skeleton->count; i++) {
        const digit_point *point = &skeleton->points[i];
        double x = point->x / 100.0 + jitter * hg_random_normal(random);
        double y = point->y / 100.0 + jitter * hg_random_normal(random);
        const double unbent = x;
        x += wave_x * sin(rate_x * y + phase_x);
        y += wave_y * sin(rate_y * unbent + phase_y);
        x = stretch * x - slant * y;
        points[i] = (vertex){ .x = cosine * x - sine * y, .y = sine * x + cosine * y };
    }
}

/* Catmull & Rom 1974: at a point the curve runs as the line between its neighbours does. */
static void join_points(const digit_skeleton *skeleton, const vertex *points, drawing *drawn)
{
    drawn->count = 0;
    for (size_t i = 0; i < skeleton->count; i++) {
        const vertex *to = &points[i];
        if (skeleton->points[i].pen == DIGIT_DOWN) {
            drawn->vertices[drawn->count++] = (vertex){ .x = to->x, .y = to->y, .down = true };
            continue;
        }
        const vertex *from = to - 1;
        const bool begins = skeleton->points[i - 1].pen != DIGIT_ROUND;
        const bool ends = skeleton->points[i].pen == DIGIT_TURN || i + 1 == skeleton->count ||
                          skeleton->points[i + 1].pen == DIGIT_DOWN;
        const double dx = to->x - from->x, dy = to->y - from->y;
        const double from_dx = begins ? dx : (to->x - from[-1].x) / 2, from_dy = begins ? dy : (to->y - from[-1].y) / 2;
        const double to_dx = ends ? dx : (to[1].x - from->x) / 2, to_dy = ends ? dy : (to[1].y - from->y) / 2;
        for (int step = 1; step <= STEPS; step++) {
            /* the cubic Hermite polynomials */
            const double t = (double)step / STEPS, u = 1 - t;
            const double h_to = t * t * (3 - 2 * t), h_from_d = t * u * u, h_to_d = -t * t * u;
            drawn->vertices[drawn->count++] =
                (vertex){ .x = from->x + h_to * dx + h_from_d * from_dx + h_to_d * to_dx,
                          .y = from->y + h_to * dy + h_from_d * from_dy + h_to_d * to_dy };
        }
    }
}

/* MNIST's digits fill a box of 20 x 20 pixels and have their centre of mass in the middle of 28 x 28. */
static void fit_into_image(hg_random *random, drawing *drawn)
{
    double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
    double length = 0, x_mass = 0, y_mass = 0;
    for (size_t i = 0; i < drawn->count; i++) {
        const vertex *to = &drawn->vertices[i], *from = to - 1;
        left = fmin(left, to->x);
        right = fmax(right, to->x);
        top = fmin(top, to->y);
        bottom = fmax(bottom, to->y);
        if (to->down)
            continue;
        const double piece = hypot(to->x - from->x, to->y - from->y);
        length += piece;
        x_mass += piece * (from->x + to->x) / 2;
        y_mass += piece * (from->y + to->y) / 2;
    }
    const double x_middle = x_mass / length, y_middle = y_mass / length;

    const double radius = clamp(RADIUS * exp(RADIUS_SPREAD * hg_random_normal(random)), THINNEST, THICKEST);
    const double pressure = PRESSURE * hg_random_uniform(random), phase = uniform(random, 0, TWO_PI);
    const double rate = uniform(random, 0, 2 * TWO_PI) / (double)drawn->count;
    const double size = uniform(random, SMALLEST, 1) * BOX - 2 * radius;
    const double scale = size / fmax(right - left, bottom - top);

    const double low = MARGIN, high = SIDE - MARGIN, centre = SIDE / 2.0;
    const double x = clamp(centre + SHIFT * hg_random_normal(random), low + scale * (x_middle - left),
                           high - scale * (right - x_middle));
    const double y = clamp(centre + SHIFT * hg_random_normal(random), low + scale * (y_middle - top),
                           high - scale * (bottom - y_middle));
    for (size_t i = 0; i < drawn->count; i++) {
        vertex *point = &drawn->vertices[i];
        point->x = x + scale * (point->x - x_middle);
        point->y = y + scale * (point->y - y_middle);
        point->radius = radius * (1 + pressure * sin(phase + rate * (double)i));
    }
}

/* depth[pixel] becomes the largest depth of the pixel's middle below the edge of any piece, as far as ink reaches. */
static void press_piece(const vertex *from, const vertex *to, float depth[SIDE][SIDE])
{
    const double reach = fmax(from->radius, to->radius) + EDGE / 2 + ROUGHNESS;
    const int left = (int)fmax(0, fmin(from->x, to->x) - reach),
              right = (int)fmin(SIDE, fmax(from->x, to->x) + reach + 1);
    const int top = (int)fmax(0, fmin(from->y, to->y) - reach),
              bottom = (int)fmin(SIDE, fmax(from->y, to->y) + reach + 1);
    const float x = (float)from->x, y = (float)from->y, dx = (float)to->x - x, dy = (float)to->y - y;
    const float square = dx * dx + dy * dy, scale = square > 0 ? 1 / square : 0;
    const float radius = (float)from->radius, growth = (float)to->radius - radius;
    for (int row = top; row < bottom; row++) {
        for (int column = left; column < right; column++) {
            const float px = (float)column + 0.5F - x, py = (float)row + 0.5F - y;
            float along = (px * dx + py * dy) * scale;
            along = along > 0 ? along : 0;
            along = along < 1 ? along : 1;
            const float qx = px - along * dx, qy = py - along * dy;
            const float here = radius + along * growth - sqrtf(qx * qx + qy * qy);
            depth[row][column] = here > depth[row][column] ? here : depth[row][column];
        }
    }
}

static void draw(hg_random *random, const drawing *drawn, unsigned char *pixels)
{
    float depth[SIDE][SIDE];
    for (int i = 0; i < PIXELS; i++)
        depth[i / SIDE][i % SIDE] = -SIDE;
    for (size_t i = 1; i < drawn->count; i++)
        if (!drawn->vertices[i].down)
            press_piece(&drawn->vertices[i - 1], &drawn->vertices[i], depth);

    const double ink = uniform(random, PALEST, 1);
    const double roughness = uniform(random, 0, ROUGHNESS);
    for (int i = 0; i < PIXELS; i++) {
        const double middle = depth[i / SIDE][i % SIDE];
        if (middle <= -EDGE / 2 - ROUGHNESS)
            continue;
        const double rough = middle + roughness * uniform(random, -1, 1);
        pixels[i] = (unsigned char)(WHITE * ink * clamp(rough / EDGE + 0.5, 0, 1) + 0.5);
    }
}

static void make_digit(uint64_t seed, size_t index, unsigned char *pixels, unsigned char *label)
{
    hg_random random = hg_random_stream(seed, HG_FOR_SYNTHESIS, (uint32_t)index, 0);
    *label = (unsigned char)hg_random_below(&random, CLASSES);
    const digit_skeleton *skeleton = choose_skeleton(&random, *label);
    vertex points[DIGIT_MAX_POINTS];
    drawing drawn;
    place_points(&random, skeleton, points);
    join_points(skeleton, points, &drawn);
    fit_into_image(&random, &drawn);
    draw(&random, &drawn, pixels);
}

enum { DIGITS_PER_JOB = 256 };

typedef struct sheet {
    size_t count;
    uint64_t seed;
    unsigned char *pixels, *labels;
} sheet;

static void make_digits(size_t job, int worker, void *context)
{
    (void)worker;
    const sheet *sheet = context;
    for (size_t i = job * DIGITS_PER_JOB; i < (job + 1) * DIGITS_PER_JOB && i < sheet->count; i++)
        make_digit(sheet->seed, i, sheet->pixels + i * PIXELS, sheet->labels + i);
}

hg_dataset *hg_synthetic_digits(size_t count, uint64_t seed, int threads, hg_error *error)
{
    if (count < 1 || count > UINT32_MAX) {
        hg_fail(error, HG_BAD_ARGUMENT, "%zu synthetic digits: ask for 1 to %u", count, (unsigned)UINT32_MAX);
        return NULL;
    }
    if (threads < 0) {
        hg_fail(error, HG_BAD_ARGUMENT, "synthetic digits with %d threads: ask for 0 (all cores) or more", threads);
        return NULL;
    }
    unsigned char *pixels = hg_allocate(count, PIXELS), *labels = hg_allocate(count, 1);
    pool *pool = pool_create(threads ? threads : pool_processors());
    if (!pixels || !labels || !pool) {
        hg_fail(error, HG_NO_MEMORY, "no memory for %zu synthetic digits of %d bytes", count, PIXELS);
        hg_release(pixels);
        hg_release(labels);
        pool_destroy(pool);
        return NULL;
    }
    sheet sheet = { count, seed, pixels, labels };
    pool_run(pool, (count + DIGITS_PER_JOB - 1) / DIGITS_PER_JOB, make_digits, &sheet);
    pool_destroy(pool);
    const hg_shape shape = { 1, SIDE, SIDE };
    return dataset_of_bytes(count, shape, CLASSES, pixels, labels, error);
}
