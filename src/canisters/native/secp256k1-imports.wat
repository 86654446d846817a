;; What tiny-secp256k1 imports: `generateInt32` from "./rand.js" and `throwError` from "./validate_error.js". This module
;; is linked under both names.
(module
  ;; Seeds the blinding of the context. It hides secrets from those who can measure a signer, and nothing here signs or
  ;; holds a secret; answers do not depend on it. A constant, so that every replica computes the same.
  (func (export "generateInt32") (result i32) (i32.const 1))

  ;; Told which input is malformed, before the library gives up and returns 0 ("no"). In JavaScript it throws; here it
  ;; returns, so that the library winds up its stack and the answer "no" reaches the caller.
  (func (export "throwError") (param $code i32))
)
