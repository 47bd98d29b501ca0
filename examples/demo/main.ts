import { readFiles } from './files.ts';
import { runProgram } from './program.ts';

await runProgram(await readFiles());
