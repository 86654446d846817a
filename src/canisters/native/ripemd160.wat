;; RIPEMD-160 (ISO/IEC 10118-3) in pieces, over the Wasm of hash-wasm 4.13.0 (dist/ripemd160.umd.min.js), in that
;; module's own address space. It keeps what it has hashed so far in its memory, of which only the 16 KiB message
;; buffer is ours.
(module
  (import "ripemd160" "memory" (memory 2))
  (import "ripemd160" "Hash_Init" (func $init))
  (import "ripemd160" "Hash_Update" (func $update (param i32)))
  (import "ripemd160" "Hash_Final" (func $final))

  ;; What Hash_GetBuffer answers; the digest (20 bytes) takes the place of the message's first bytes.
  (global (export "input") i32 (i32.const 65664))
  (global (export "input_size") i32 (i32.const 16384))
  (global (export "output") i32 (i32.const 65664))
  (global (export "pages") i32 (i32.const 2))

  (func (export "ripemd160_begin")
    (call $init))

  (func (export "ripemd160_update") (param $length i32)
    (call $update (local.get $length)))

  (func (export "ripemd160_end")
    (call $final)))
