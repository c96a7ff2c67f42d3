// A refusal with a stable code of spec 02, section 9.

export class Refusal extends Error {
    constructor(code, detail = "") {
        super(detail ? `${code}: ${detail}` : code);
        this.code = code;
    }
}

export const refuseIf = (bad, code, detail) => {
    if (bad) throw new Refusal(code, detail);
};
