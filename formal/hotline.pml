/* Frame, Head, Hello and restore, between an author A of a log and a reader B.

   What is modelled, what is left out and which clause each step stands for: README.md beside this file.

   A log is one number whose octal digits are the statements in its order, so that the number is what a link digest is: it
   fixes every link beneath, and a log is a prefix of another exactly if shifting the other gives it. An epoch goes on from
   the digits of the closure of the one before (REQ-LOG-2). Sets of statements are bits.

   -D names a fault put in on purpose; python -m tools.model runs the model with none, and then with each. */

#ifndef STATEMENTS
#define STATEMENTS 3     /* that are handed over, at most 4 */
#endif
#ifndef CRASHES
#define CRASHES 1        /* of each of the two */
#endif
#ifndef RESTORES
#define RESTORES 1       /* of A, from its backup */
#endif
#ifndef CUTS
#define CUTS 1           /* of the connection, beside those that crashes make */
#endif
#ifndef LOSSES
#define LOSSES 1         /* of Frames in a row, in each direction: fair loss */
#endif

#define NONE 0
#define BIT(d)        ((1 << (d)) & 254)
#define IN(l)         (BIT((l) & 7) | BIT(((l) >> 3) & 7) | BIT(((l) >> 6) & 7) | BIT(((l) >> 9) & 7))
#define LENGTH(l)     (((l) > 0) + ((l) > 7) + ((l) > 63) + ((l) > 511))
#define AT(l, n)      (((l) >> (3 * (n))) & 7)
#define APART(l, n, k) (AT(l, k) == 0 || AT(l, n) != AT(l, k))
#define ONCE(l)       (APART(l, 0, 1) && APART(l, 0, 2) && APART(l, 0, 3) && APART(l, 1, 2) && APART(l, 1, 3) \
                       && APART(l, 2, 3))
#define PREFIX(p, l)  (LENGTH(p) <= LENGTH(l) && ((l) >> (3 * (LENGTH(l) - LENGTH(p)))) == (p))

/* -- A: what is in memory (m_), on its disk (d_) and in its backup (k_) ------------------------------------------------ */

short m_log, d_log, k_log;              /* its own log */
byte m_bodies, d_bodies, k_bodies;      /* statements that it holds */
byte m_waits, d_waits, k_waits;         /* the statement that waits for the Hello to be answered */
byte m_epoch = 1, d_epoch = 1, k_epoch = 1;
byte m_receipts, d_receipts, k_receipts;
bool a_up = true;
byte unsent;                            /* statements that have not gone out once by themselves */
byte hello;                             /* bytes that B must echo; NONE when answered */
bool greeted, confirmed, rolled_back;
byte peer_epoch;                        /* of A's log, as B's newest Head names it */
short told;                             /* where B's answer said that our log stands */

/* -- B: what is in memory (n_), on its disk (e_) ------------------------------------------------------------------- */

short n_log, e_log;                     /* A's log as B has it, in memory and on its disk */
byte n_bodies, e_bodies;
byte n_epoch = 1, e_epoch = 1;
byte echo;
bool b_up = true;

/* -- between them -------------------------------------------------------------------------------------------------- */

chan to_b = [1] of { byte, short, byte, byte };     /* Frame: epoch, links, statements, hello */
chan to_a = [1] of { byte, short, byte, byte };     /* Head: epoch, position held, receipts, echo */
bool up;
byte nonce, crashes_a, crashes_b, restores, cuts, lost_to_a, lost_to_b;
byte old_epoch; short old_log; byte old_receipts, old_echo; bool recorded;      /* a Head that somebody kept */

/* -- what nobody in the model sees --------------------------------------------------------------------------------- */

byte handed;                            /* statements handed over so far */
byte answered;                          /* statements whose officer was told that they are durable */
bool closed;                    /* epoch 1 was closed */

inline lose(line) { if :: len(line) > 0 -> line ? _, _, _, _ :: else fi }

/* A connection ends. What is under way may still arrive, until there is another connection or the other end is gone. */
inline disconnect() { up = false; greeted = false; hello = NONE; echo = NONE }

inline connect() {
    lose(to_a); lose(to_b);
    up = true; nonce++; hello = nonce
}

/* The statement that waits takes its place in the very write that forgets that it waited (REQ-LOG-1, REQ-HELLO-2). */
inline seal_waiting() {
    if
    :: confirmed && m_waits != NONE ->
#ifndef TWICE
        if
        :: (BIT(m_waits) & IN(m_log)) == 0 -> m_log = (m_log << 3) | m_waits; m_bodies = m_bodies | BIT(m_waits)
        :: else
        fi;
#else
        m_log = (m_log << 3) | m_waits; m_bodies = m_bodies | BIT(m_waits);
#endif
        unsent = unsent | BIT(m_waits); m_waits = NONE
    :: else
    fi
}

/* The end of a turn of A: what is in memory becomes durable, or the node dies before it does. Nothing else has happened
   meanwhile, since nothing of a turn leaves before it is durable (REQ-DUR-1). */
inline end_turn_a() {
#ifdef SEND_EARLY
    if
    :: up && greeted && len(to_b) == 0 -> to_b ! m_epoch, m_log, IN(m_log) & m_bodies, NONE
    :: else
    fi;
#endif
#ifdef ANSWER_EARLY
    answered = answered | BIT(answers);
#endif
    if
    :: d_log = m_log; d_bodies = m_bodies; d_waits = m_waits; d_epoch = m_epoch; d_receipts = m_receipts;
        answered = answered | BIT(answers);
        assert(ONCE(m_log))                             /* one digest takes one place (REQ-LOG-1) */
    :: crashes_a < CRASHES -> crashes_a++; stop_a()
    fi;
    answers = NONE
}

inline stop_a() {
    disconnect(); lose(to_a); a_up = false; confirmed = false; rolled_back = false; unsent = NONE; told = 0; peer_epoch = 0;
    m_log = 0; m_bodies = 0; m_waits = NONE; m_epoch = 0; m_receipts = 0
}

inline start_a() {
    m_log = d_log; m_bodies = d_bodies; m_waits = d_waits; m_epoch = d_epoch; m_receipts = d_receipts;
#ifdef NO_HELLO
    confirmed = true;
#endif
    a_up = true
}

/* A Head of B: does it answer our Hello, and does it show that we were rolled back (REQ-HELLO-1 to 3)? */
inline take_head(epoch, log, receipts, echoed) {
    if :: epoch > peer_epoch -> peer_epoch = epoch :: else fi;
    if
#ifdef NO_ECHO
    :: hello != NONE ->
#else
    :: hello != NONE && echoed == hello ->
#endif
        hello = NONE;
        if
        :: epoch > m_epoch || (epoch == m_epoch && !PREFIX(log, m_log)) ->
#ifdef GO_ON
            greeted = true; confirmed = true
#else
            assert(restores > 0);                       /* a Head is durable before it is sent: no crash rolls back */
            rolled_back = true; confirmed = false; told = log
#endif
        :: else -> greeted = true; confirmed = !rolled_back
        fi
    :: else
    fi;
    if
    :: (receipts & IN(m_log) & ~m_receipts) != 0 ->
        assert((receipts & ~e_bodies) == 0);        /* no receipt before its statement is durable (REQ-HEAD-1) */
        m_receipts = m_receipts | (receipts & IN(m_log))
    :: else
    fi;
    seal_waiting()
}

active proctype Author() {
    byte e, r, h, answers; short l;
end:
    do
    /* An officer hands a statement over. */
    :: atomic { a_up && handed < STATEMENTS && !rolled_back && (confirmed || m_waits == NONE) ->
        handed++; answers = handed;
        if
        :: confirmed -> m_log = (m_log << 3) | handed; m_bodies = m_bodies | BIT(handed); unsent = unsent | BIT(handed)
        :: else -> m_waits = handed
        fi;
        end_turn_a() }
    :: atomic { a_up && nempty(to_a) -> to_a ? e, l, r, h; lost_to_a = 0; take_head(e, l, r, h);
        e = 0; l = 0; r = 0; h = 0; end_turn_a() }
    /* What B holds of a closed epoch and A lacks comes back by Fetch (REQ-EPOCH-5). */
    :: atomic { a_up && up && (IN(m_log) & ~m_bodies & e_bodies) != 0 ->
        m_bodies = m_bodies | (IN(m_log) & e_bodies); end_turn_a() }
    /* The registrar closes the epoch of a post that was rolled back, where a peer says that its log stands or where it
       itself stands, and opens the next one (REQ-EPOCH-1). A node that lost the directory too is given it. */
    :: atomic { a_up && rolled_back ->
        if
        :: m_epoch == 1 && !closed -> closed = true; m_epoch = 2; if :: m_log = told :: skip fi
        :: m_epoch == 1 && closed -> m_epoch = 2; m_log = told
        :: m_epoch == 2 -> m_epoch = 3; m_log = told
        fi;
        rolled_back = false; confirmed = false; greeted = false; told = 0;
        if :: up -> nonce++; hello = nonce :: else -> hello = NONE fi;
        end_turn_a() }
    od
}

/* Sends by itself what is new, in any order; and everything that was not receipted, again and again (REQ-NET-5). */
active proctype AuthorsLine() {
end:
    do
    :: atomic { a_up && up && nfull(to_b) && hello != NONE -> to_b ! 0, 0, 0, hello }
    /* The directory goes until B's Head shows that it has it (REQ-DIR-3). */
    :: atomic { a_up && up && nfull(to_b) && greeted && peer_epoch < m_epoch -> to_b ! m_epoch, m_log, 0, NONE }
    :: atomic { a_up && up && nfull(to_b) && greeted && unsent != 0 ->
        if
        :: (unsent & BIT(1)) -> unsent = unsent & ~BIT(1); to_b ! m_epoch, m_log, BIT(1) & m_bodies, NONE
        :: (unsent & BIT(2)) -> unsent = unsent & ~BIT(2); to_b ! m_epoch, m_log, BIT(2) & m_bodies, NONE
        :: (unsent & BIT(3)) -> unsent = unsent & ~BIT(3); to_b ! m_epoch, m_log, BIT(3) & m_bodies, NONE
        :: (unsent & BIT(4)) -> unsent = unsent & ~BIT(4); to_b ! m_epoch, m_log, BIT(4) & m_bodies, NONE
        fi }
#ifndef NO_RETRY
    :: atomic { a_up && up && nfull(to_b) && greeted && unsent == 0 && (IN(m_log) & m_bodies & ~m_receipts) != 0 ->
        to_b ! m_epoch, m_log, IN(m_log) & m_bodies & ~m_receipts, NONE }
#endif
    od
}

inline send_head() {
    if
    :: up && len(to_a) == 0 -> to_a ! n_epoch, n_log, n_bodies, echo;
#ifdef REPLAY
        if
        :: !recorded -> recorded = true; old_epoch = n_epoch; old_log = n_log; old_receipts = n_bodies; old_echo = echo
        :: skip
        fi
#endif
    :: else
    fi
}

inline stop_b() { disconnect(); lose(to_b); b_up = false; n_log = 0; n_bodies = 0; n_epoch = 0 }

active proctype Reader() {
    byte e, b, h; short l;
end:
    do
    :: atomic { b_up && nempty(to_b) && (!up || nfull(to_a)) -> to_b ? e, l, b, h; lost_to_b = 0;
        if :: h != NONE -> echo = h :: else fi;
        if
        :: e < n_epoch
        :: e > n_epoch -> n_epoch = e; n_log = l; n_bodies = n_bodies | b
        :: e == n_epoch ->
            assert(PREFIX(l, n_log) || PREFIX(n_log, l));       /* one link at a place of an epoch (REQ-LOG-4) */
            if :: PREFIX(n_log, l) -> n_log = l :: else fi;
            n_bodies = n_bodies | b
        fi;
        e = 0; l = 0; b = 0; h = 0;
#ifdef RECEIPT_EARLY
        send_head();
#endif
        if
        :: e_log = n_log; e_bodies = n_bodies; e_epoch = n_epoch; send_head()
        :: crashes_b < CRASHES -> crashes_b++; stop_b()
        fi }
    od
}

active proctype World() {
end:
    do
    :: atomic { !up && a_up && b_up -> connect() }
    :: atomic { up && cuts < CUTS -> cuts++; disconnect() }
    :: atomic { nempty(to_b) && lost_to_b < LOSSES -> to_b ? _, _, _, _; lost_to_b++ }
    :: atomic { nempty(to_a) && lost_to_a < LOSSES -> to_a ? _, _, _, _; lost_to_a++ }
    :: atomic { a_up && crashes_a < CRASHES -> crashes_a++; stop_a() }
    :: atomic { a_up && restores < RESTORES -> stop_a();
        restores++; answered = NONE;
        d_log = k_log; d_bodies = k_bodies; d_waits = k_waits; d_epoch = k_epoch; d_receipts = k_receipts }
    :: atomic { b_up && crashes_b < CRASHES -> crashes_b++; stop_b() }
    :: atomic { !b_up -> n_log = e_log; n_bodies = e_bodies; n_epoch = e_epoch; b_up = true }
    :: atomic { !a_up ->
        assert((answered & ~(IN(d_log) | BIT(d_waits))) == 0);      /* nothing answered is lost by a crash (REQ-DUR-1) */
        start_a() }
    :: atomic { a_up && restores < RESTORES && k_log == 0 && k_waits == NONE && (d_log != 0 || d_waits != NONE) ->
        k_log = d_log; k_bodies = d_bodies; k_waits = d_waits; k_epoch = d_epoch; k_receipts = d_receipts }
#ifdef REPLAY
    :: atomic { up && recorded && nfull(to_a) -> to_a ! old_epoch, old_log, old_receipts, old_echo }
#endif
    od
}

#define gap        ((IN(e_log) & ~e_bodies & d_bodies) != 0)
#define waiting    (d_waits != NONE)

#ifndef LIVENESS
/* When nothing more can happen, the line has settled: B holds all that A holds of its log, and A knows it (I8). */
active proctype Settled() {
    timeout -> assert(up && greeted && confirmed && !waiting && !gap && m_log == e_log);
    assert((d_bodies & IN(d_log) & ~d_receipts) == 0)
}
#endif

#ifdef LIVENESS
/* A gap at B is closed in the end if A holds what is missing; what waits for the Hello gets its place (REQ-LOG-6). */
ltl settles { [] (gap -> <> !gap) && [] (waiting -> <> !waiting) }
#endif
