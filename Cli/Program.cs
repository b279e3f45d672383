using HmsOrleans.Cli.Commands;
using HmsOrleans.Cli.Output;

using var terminal = Terminal.OfProcess();
return await CommandTree.RunAsync(args, terminal);
