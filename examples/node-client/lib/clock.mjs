// The channel's clock: UTC, or in an exercise the clock that its agreement names (`ExerciseClock`).

import { millis } from "./schema.mjs";

export class Clock {
    constructor(agreement) {
        const named = agreement.exerciseClock;
        this.speed = named?.speed ?? 1;
        this.real = named ? millis(named.realStart) : 0;
        this.shown = named ? millis(named.exerciseStart) : 0;
    }

    /** For signed instants: UTC milliseconds of the exercise. */
    now() {
        return Math.floor(this.shown + this.speed * (Date.now() - this.real));
    }

    /** For timers: milliseconds that never step, at the exercise's speed. */
    monotonic() {
        return this.speed * performance.now();
    }
}
