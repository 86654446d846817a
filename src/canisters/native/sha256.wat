;; SHA-256 and SHA-224 (FIPS 180-4) in pieces, over the Wasm of hash-wasm 4.13.0 (dist/sha256.umd.min.js), in that
;; module's own address space. It keeps what it has hashed so far in its memory, of which only the 16 KiB message buffer
;; is ours.
(module
  (import "sha256" "memory" (memory 2))
  (import "sha256" "Hash_Init" (func $init (param i32)))
  (import "sha256" "Hash_Update" (func $update (param i32)))
  (import "sha256" "Hash_Final" (func $final))

  ;; What Hash_GetBuffer answers; the digest (32 bytes) takes the place of the message's first bytes.
  (global (export "input") i32 (i32.const 65664))
  (global (export "input_size") i32 (i32.const 16384))
  (global (export "output") i32 (i32.const 65664))
  (global (export "pages") i32 (i32.const 2))

  ;; The argument is the digest's size in bits. What follows is the same for both.
  (func (export "sha256_begin")
    (call $init (i32.const 256)))

  (func (export "sha224_begin")
    (call $init (i32.const 224)))

  (func (export "sha256_update") (export "sha224_update") (param $length i32)
    (call $update (local.get $length)))

  (func (export "sha256_end") (export "sha224_end")
    (call $final)))
