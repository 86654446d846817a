export { IDL } from '@dfinity/candid';
export { Principal } from '@dfinity/principal';
