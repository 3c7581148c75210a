/* The skeletons as tables of points, in the order of writing. */
#include "datasets/digit_skeletons.h"

/* clang-format off */
#define DOWN(x, y) { x, y, DIGIT_DOWN }
#define VIA(x, y) { x, y, DIGIT_ROUND }
#define TURN(x, y) { x, y, DIGIT_TURN }
#define SKELETON(digit, share, ...) \
    { digit, share, sizeof((digit_point[]){ __VA_ARGS__ }) / sizeof(digit_point), (digit_point[]){ __VA_ARGS__ } }

const digit_skeleton digit_skeletons[] = {
    /* a ring; begun at the right; narrow; with an overlapping end */
    SKELETON(0, 4, DOWN(38, 1), VIA(15, 10), VIA(2, 48), VIA(12, 88), VIA(34, 99), VIA(56, 84), VIA(63, 46),
                VIA(54, 12), VIA(36, 1)),
    SKELETON(0, 2, DOWN(56, 16), VIA(34, 1), VIA(8, 22), VIA(3, 62), VIA(22, 97), VIA(46, 92), VIA(62, 56),
                VIA(56, 18), VIA(40, 4)),
    SKELETON(0, 2, DOWN(30, 0), VIA(10, 18), VIA(4, 56), VIA(16, 96), VIA(36, 94), VIA(46, 50), VIA(40, 10),
                VIA(27, 1)),
    SKELETON(0, 2, DOWN(44, 4), VIA(20, 8), VIA(2, 44), VIA(8, 84), VIA(32, 99), VIA(58, 78), VIA(64, 38),
                VIA(48, 8), VIA(26, 6), VIA(14, 18)),

    /* a line; bent; with a serif; with serif and base */
    SKELETON(1, 9, DOWN(20, 0), VIA(20, 100)),
    SKELETON(1, 4, DOWN(22, 0), VIA(18, 50), VIA(20, 100)),
    SKELETON(1, 2, DOWN(2, 24), VIA(14, 14), TURN(26, 0), VIA(26, 100)),
    SKELETON(1, 1, DOWN(8, 22), TURN(28, 0), VIA(28, 99), DOWN(4, 99), VIA(54, 98)),

    /* a sharp corner at the foot; a loop there; round throughout; with a flat neck */
    SKELETON(2, 4, DOWN(6, 22), VIA(18, 5), VIA(36, 1), VIA(54, 14), VIA(50, 38), VIA(30, 66), TURN(3, 97),
                VIA(30, 95), VIA(62, 98)),
    SKELETON(2, 3, DOWN(8, 18), VIA(24, 2), VIA(46, 4), VIA(56, 24), VIA(46, 54), VIA(26, 84), VIA(10, 97),
                VIA(2, 88), VIA(10, 76), VIA(28, 84), VIA(46, 96), VIA(68, 90)),
    SKELETON(2, 2, DOWN(4, 14), VIA(28, 0), VIA(52, 8), VIA(50, 34), VIA(28, 62), VIA(6, 88), VIA(10, 98),
                VIA(34, 96), VIA(60, 94)),
    SKELETON(2, 1, DOWN(4, 6), VIA(28, 2), VIA(54, 10), VIA(48, 40), VIA(26, 70), TURN(4, 96), VIA(34, 88),
                VIA(64, 100)),

    /* a sharp waist; a looped waist; a flat top */
    SKELETON(3, 4, DOWN(8, 12), VIA(28, 0), VIA(50, 12), VIA(46, 34), TURN(20, 46), VIA(48, 54), VIA(58, 74),
                VIA(42, 96), VIA(18, 99), VIA(2, 86)),
    SKELETON(3, 3, DOWN(10, 10), VIA(32, 0), VIA(52, 16), VIA(42, 38), VIA(24, 48), VIA(22, 44), VIA(36, 46),
                VIA(56, 62), VIA(50, 90), VIA(24, 100), VIA(2, 90)),
    SKELETON(3, 1, DOWN(8, 4), VIA(30, 3), TURN(54, 2), TURN(22, 42), VIA(48, 50), VIA(56, 72), VIA(40, 96),
                VIA(16, 98), VIA(2, 86)),

    /* open; open and round; closed; closed with a short stem */
    SKELETON(4, 4, DOWN(10, 2), VIA(6, 28), TURN(4, 52), VIA(32, 52), VIA(62, 47), DOWN(52, 2), VIA(48, 50),
                VIA(44, 100)),
    SKELETON(4, 3, DOWN(12, 6), VIA(4, 32), VIA(12, 54), VIA(34, 52), VIA(54, 30), TURN(58, 6), VIA(52, 54),
                VIA(46, 100)),
    SKELETON(4, 2, DOWN(46, 100), VIA(46, 50), TURN(46, 0), VIA(24, 34), TURN(2, 66), VIA(34, 66), VIA(64, 64)),
    SKELETON(4, 1, DOWN(40, 0), VIA(20, 30), TURN(2, 60), VIA(32, 60), VIA(64, 56), DOWN(44, 34), VIA(40, 100)),

    /* the roof last; in one go; round like an S */
    SKELETON(5, 4, DOWN(14, 4), VIA(12, 22), TURN(10, 44), VIA(32, 37), VIA(52, 52), VIA(52, 80), VIA(32, 99),
                VIA(4, 92), DOWN(12, 4), VIA(34, 4), VIA(62, 0)),
    SKELETON(5, 3, DOWN(60, 2), VIA(38, 4), TURN(18, 5), TURN(10, 42), VIA(34, 40), VIA(54, 58), VIA(48, 88),
                VIA(24, 100), VIA(2, 90)),
    SKELETON(5, 2, DOWN(64, 4), VIA(36, 3), VIA(18, 16), VIA(16, 40), VIA(40, 54), VIA(50, 74), VIA(34, 96),
                VIA(2, 94)),

    /* a bent back; a straight back; a small bowl */
    SKELETON(6, 4, DOWN(44, 0), VIA(20, 22), VIA(4, 58), VIA(12, 92), VIA(34, 99), VIA(52, 80), VIA(44, 58),
                VIA(24, 58), VIA(7, 76)),
    SKELETON(6, 3, DOWN(34, 0), VIA(16, 34), VIA(4, 72), VIA(18, 98), VIA(44, 94), VIA(54, 72), VIA(38, 56),
                VIA(16, 66), VIA(6, 82)),
    SKELETON(6, 2, DOWN(56, 2), VIA(30, 12), VIA(8, 46), VIA(4, 82), VIA(24, 100), VIA(44, 88), VIA(40, 68),
                VIA(22, 66), VIA(8, 82)),

    /* plain; bent; with a bar; with a serif */
    SKELETON(7, 5, DOWN(2, 6), VIA(28, 5), TURN(58, 2), VIA(40, 42), VIA(24, 100)),
    SKELETON(7, 3, DOWN(2, 14), VIA(16, 3), VIA(40, 6), VIA(58, 8), VIA(46, 44), VIA(32, 72), VIA(26, 100)),
    SKELETON(7, 2, DOWN(2, 6), VIA(28, 4), TURN(58, 2), VIA(40, 46), VIA(22, 100), DOWN(14, 52), VIA(56, 46)),
    SKELETON(7, 1, DOWN(4, 22), TURN(5, 4), VIA(30, 5), TURN(60, 3), VIA(42, 44), VIA(30, 100)),

    /* an S that comes back; begun at the waist; two rings */
    SKELETON(8, 4, DOWN(50, 12), VIA(32, 0), VIA(12, 12), VIA(16, 34), VIA(36, 50), VIA(52, 70), VIA(46, 92),
                VIA(26, 100), VIA(7, 88), VIA(12, 66), VIA(34, 48), VIA(50, 28), VIA(50, 12)),
    SKELETON(8, 2, DOWN(32, 48), VIA(12, 30), VIA(18, 5), VIA(40, 1), VIA(52, 18), VIA(36, 46), VIA(12, 68),
                VIA(8, 92), VIA(32, 100), VIA(52, 84), VIA(48, 64), VIA(32, 48)),
    SKELETON(8, 2, DOWN(32, 1), VIA(14, 10), VIA(14, 34), VIA(32, 46), VIA(48, 34), VIA(48, 12), VIA(30, 1),
                DOWN(32, 46), VIA(10, 56), VIA(6, 84), VIA(28, 100), VIA(52, 88), VIA(54, 60), VIA(32, 46)),

    /* a straight tail; a hooked tail; a slanting tail; a round back */
    SKELETON(9, 4, DOWN(50, 12), VIA(32, 0), VIA(10, 14), VIA(6, 40), VIA(24, 50), VIA(46, 32), TURN(52, 8),
                VIA(50, 50), VIA(46, 100)),
    SKELETON(9, 2, DOWN(52, 12), VIA(34, 0), VIA(10, 16), VIA(10, 42), VIA(34, 46), VIA(50, 24), VIA(56, 10),
                VIA(56, 52), VIA(46, 90), VIA(24, 100), VIA(6, 90)),
    SKELETON(9, 2, DOWN(54, 20), VIA(40, 1), VIA(14, 10), VIA(8, 36), VIA(26, 48), VIA(50, 30), VIA(54, 16),
                VIA(46, 56), VIA(26, 100)),
    SKELETON(9, 2, DOWN(46, 42), VIA(22, 48), VIA(4, 28), VIA(18, 4), VIA(42, 4), VIA(54, 26), VIA(50, 60),
                VIA(38, 100)),
};
/* clang-format on */

const size_t digit_skeleton_count = sizeof digit_skeletons / sizeof digit_skeletons[0];
