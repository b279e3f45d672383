using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary>All commands, and how they are run.</summary>
internal static class CommandTree
{
    private const string Description = """
        The command line of HmsOrleans: sees containers, explains why they are in their state, and steers their health monitor.

        A CONTAINER is a name, an id or the beginning of an id, on whichever host; HOST/NAME says which.

        Exit codes: 0 done; 1 the server refused; 2 the command line is wrong, or what it names does not exist or is not one thing;
        3 no server answers; 4 the key is missing, or does not permit this; 5 with --check: something is in trouble; 130 Ctrl-C.

        Environment: HMS_URL, HMS_KEY, NO_COLOR.
        """;

    /// <summary>Longest wait for a command that was told to end.</summary>
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        try
        {
            var exitCode = await InvokeAsync(args, terminal);
            terminal.Out.Flush();
            return exitCode;
        }
        catch (IOException e) when (Terminal.HasNoReader(e))
        {
            return ExitCode.Ok; // The reader has seen enough (hms ps | head -1).
        }
        catch (IOException e)
        {
            terminal.Error.WriteLine($"hms: the output cannot be written: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> InvokeAsync(string[] args, Terminal terminal)
    {
        var given = Create(terminal).Parse(args is [] ? ["--help"] : args);
        try
        {
            if (given.Action is ParseErrorAction wrong)
            {
                wrong.ShowHelp = false;
            }
            var exitCode = await given.InvokeAsync(new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = Goodbye,
            });
            if (given.Action is not ParseErrorAction)
            {
                return exitCode;
            }
            terminal.Error.WriteLine("'hms --help' says what there is, and 'hms COMMAND --help' what it takes.");
            return ExitCode.Usage;
        }
        catch (CommandFailedException e)
        {
            terminal.Out.Flush();
            terminal.Error.WriteLine($"hms: {string.Join('\n', e.Message.Split('\n').Select(Words.Printable))}");
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Has a command run with a client of the API.</summary>
    public static T Runs<T>(this T command, Terminal terminal, Func<Call, CancellationToken, Task<int>> run) where T : Command
    {
        command.SetAction(async (given, cancellationToken) =>
        {
            using var api = GlobalOptions.Connect(given);
            return await run(new(given, api, terminal), cancellationToken);
        });
        return command;
    }

    public static T Runs<T>(this T command, Terminal terminal, Func<Call, CancellationToken, Task> run) where T : Command =>
        command.Runs(terminal, async (call, cancellationToken) =>
        {
            await run(call, cancellationToken);
            return ExitCode.Ok;
        });

    private static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand(Description)
        {
            PsCommand.Create(terminal),
            HostsCommand.Create(terminal),
            WatchCommand.Create(terminal),
            ExplainCommand.Create(terminal),
            IncidentsCommand.Create(terminal),
            AvailabilityCommand.Create(terminal),
            ContainerCommands.Ignore(terminal),
            ContainerCommands.Supervise(terminal),
            ContainerCommands.Restart(terminal),
            ThresholdCommand.Create(terminal),
            SettingsCommand.Create(terminal),
            TestCommand.Create(terminal),
            NotifyCommand.Create(terminal),
            QuietCommands.Mute(terminal),
            QuietCommands.Unmute(terminal),
            QuietCommands.Maintenance(terminal),
            CompletionCommand.Create(terminal),
        };
        foreach (var option in GlobalOptions.All)
        {
            root.Add(option);
        }
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            // Of other systems; here they are paths, and in the way of completion.
            help.Aliases.Remove("/h");
            help.Aliases.Remove("/?");
        }
        return root;
    }
}
