"use strict";
// jsii starts a launcher, which starts lib/program.js in a second process and forwards every message to its
// descriptor 3. Here program.js runs in the first process: this saves 0.14 of 0.81 s and 52 of 187 MB for 100
// resources.

const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { Writable } = require("node:stream");

const launcher = process.argv.at(-1);
const program = path.resolve(path.dirname(launcher), "..", "lib", "program.js");

if (!fs.existsSync(program) || !fs.readFileSync(program, "utf8").includes("readFD:3,writeFD:3")) {
  require(launcher); // another version of jsii: use its launcher
} else {
  const { readSync, writeSync } = fs;
  fs.readSync = (fd, ...rest) => readSync(fd === 3 ? 0 : fd, ...rest);
  fs.writeSync = (fd, ...rest) => writeSync(fd === 3 ? 1 : fd, ...rest);

  // Output of the app goes to descriptor 2, in the format that jsii for Python reads.
  for (const name of ["stdout", "stderr"]) {
    const write = (chunk, _encoding, done) => {
      writeSync(2, `${JSON.stringify({ [name]: chunk.toString("base64") })}\n`);
      done();
    };
    Object.defineProperty(process, name, { value: new Writable({ write }) });
  }

  // On this event jsii prunes its cache of entries unused for 30 days; it would exit without it.
  process.on("exit", () => process.emit("beforeExit"));

  // Modules that cdktf requires but does not use here. archiver: another process calls it (0.09 of 1.3 s). Stack
  // traces of tokens: under jsii they contain only frames of jsii (0.05 of 1.1 s).
  const { _load: load } = Module;
  Module._load = (name, ...rest) => {
    if (name === "archiver") return (...args) => load(name, ...rest)(...args);
    if (name.endsWith("/stack-trace")) return { captureStackTrace: () => [] };
    return load(name, ...rest);
  };

  require(program);
}
