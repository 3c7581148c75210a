/* What hg_network_forward keeps for hg_network_backward. */
#ifndef HINGE_LOOP_H
#define HINGE_LOOP_H

typedef struct loop loop;
void loop_destroy(loop *loop); /* NULL is fine */

#endif
