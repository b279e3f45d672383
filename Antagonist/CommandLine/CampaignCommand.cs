using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HmsOrleans.Antagonist.Campaigns;
using HmsOrleans.Antagonist.Cluster;
using HmsOrleans.Grains.Antagonist;
using Microsoft.Extensions.DependencyInjection;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary><c>campaign</c>: plays the report's experiment and draws its figures.</summary>
internal static class CampaignCommand
{
    private static readonly Option<string> Out = new("--out") { Description = "Directory of the raw data and the results.", Required = true };

    private static readonly Option<string[]> Scenarios = new("--scenarios")
    {
        // The library would put bars between the values of a default of its own.
        Description = $"Separated by commas. [default: {string.Join(',', ReportScenario.Names)}]",
        CustomParser = given => Listed(given, text => ReportScenario.Names.FirstOrDefault(name => name == text), $"one of {string.Join(", ", ReportScenario.Names)}"),
    };

    private static readonly Option<double[]> Windows = new("--windows")
    {
        Description = string.Create(CultureInfo.InvariantCulture, $"Aggregation windows in seconds, separated by commas. [default: {string.Join(',', CampaignSettings.AllWindows)}]"),
        CustomParser = given => [.. Listed(given, text => Number(text) is >= 0.05 and <= 60 and var window ? window : (double?)null, "0.05 to 60 (seconds)").Select(window => window!.Value)],
    };

    private static readonly Option<TimeSpan> Length = Duration("--length", "How long a cell is played, such as 60s or 5m.", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(5));

    private static readonly Option<TimeSpan> Settle = Duration("--settle", "How long all containers have to be well before a cell.", TimeSpan.FromSeconds(10), TimeSpan.Zero);

    private static readonly Option<int> Repetitions = new("--repetitions")
    {
        Description = "How often each cell is played, with another seed each time.",
        DefaultValueFactory = _ => 30,
        CustomParser = result => (int)(Numbers.Read("--repetitions", result, value => value is >= 1 and <= 99 && value == Math.Floor(value), "a whole number from 1 to 99") ?? 0),
    };

    private static readonly Option<bool> Calm = new("--calm") { Description = "Attack as the report's code does: mean waits of 5 and 1 s instead of the 1 and 0.1 s of its text." };

    private static readonly Option<AttackKind[]> Kinds = new("--kinds")
    {
        Description = $"What is done to the containers, separated by commas. [default: {string.Join(',', ReportScenario.Kinds).ToLowerInvariant()}]",
        CustomParser = given => [.. Listed(given, Kind, $"one of {string.Join(", ", Enum.GetValues<AttackKind>().Where(kind => !kind.IsOfHost())).ToLowerInvariant()}").Select(kind => kind!.Value)],
    };

    private static readonly Option<long> Seed = new("--seed") { Description = "Of the first repetition.", DefaultValueFactory = _ => 1 };

    private static readonly Option<CampaignArm> Arm = new("--arm")
    {
        Description = "healing; or control, for containers that all have the label hms.restart=never: what becomes of them when nobody heals. It is looked at that they have.",
        DefaultValueFactory = _ => CampaignArm.Healing,
    };

    private static readonly Option<string[]> NetworkCounters = new("--net-dev")
    {
        Description = "To count the bytes on the wire as well, where all hosts are on this machine: /proc/PID/net/dev of a process on each.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> Control = new("--control") { Description = "Directory of the campaign with healing off." };

    public static Command Create()
    {
        var run = new Command("run", """
            Plays each scenario at each aggregation window against all hosts, on each of which an agent must run. Cells that are in the
            directory already are not played again. Ctrl-C halts the antagonists; what is complete stays.
            """)
        { Out, Scenarios, Windows, Length, Repetitions, Calm, Kinds, Seed, Arm, Settle, NetworkCounters };
        run.SetAction(RunAsync);
        var report = new Command("report", "Makes page, plots, tables and figures again from the raw data; with --control both arms side by side.") { Out, Control };
        report.SetAction(given => Report([given.GetValue(Out)!, .. given.GetValue(Control) is { } control ? (string[])[control] : []]));
        return new("campaign", "Plays the experiment of the report: four scenarios, three aggregation windows, thirty times five minutes each.") { run, report };
    }

    private static async Task<int> RunAsync(ParseResult given, CancellationToken cancellationToken)
    {
        var settings = new CampaignSettings
        {
            Directory = given.GetValue(Out)!,
            Scenarios = given.GetValue(Scenarios) is { Length: > 0 } scenarios ? [.. scenarios] : ReportScenario.Names,
            Windows = given.GetValue(Windows) is { Length: > 0 } windows ? [.. windows] : CampaignSettings.AllWindows,
            Length = given.GetValue(Length),
            Repetitions = given.GetValue(Repetitions),
            IsCalm = given.GetValue(Calm),
            Kinds = given.GetValue(Kinds) is { Length: > 0 } kinds ? [.. kinds.Distinct()] : ReportScenario.Kinds,
            Seed = given.GetValue(Seed),
            Arm = given.GetValue(Arm),
            Settle = given.GetValue(Settle),
            NetworkCounters = [.. given.GetValue(NetworkCounters)!],
        };
        using var only = Lock(settings.Directory);
        var builder = ClusterConnection.CreateBuilder();
        builder.AddCluster();
        using var app = builder.Build();
        await app.StartAsync(cancellationToken);
        try
        {
            await new CampaignRunner(app.Services.GetRequiredService<IGrainFactory>(), settings, TimeProvider.System, Console.Out).RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.WriteLine("halted before the end; the same command plays the cells that are left");
            throw;
        }
        Report([settings.Directory]);
        return 0;
    }

    /// <summary>Makes the directory, and keeps another campaign out of it: both would attack at once, and each spoil the other's cells.</summary>
    private static FileStream Lock(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return new FileStream(Path.Combine(directory, "campaign.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"the results cannot be written: {e.Message} Where another campaign plays into {directory}, wait until it ends; else choose another directory with --out.", e);
        }
    }

    private static void Report(string[] directories) => Console.WriteLine($"results: {CampaignReport.Write(directories)}");

    private static Option<TimeSpan> Duration(string name, string description, TimeSpan value, TimeSpan least) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = given =>
        {
            var text = given.Tokens is [var token] ? token.Value : "";
            var seconds = Number(text.TrimEnd('s', 'm', 'h')) * (text.EndsWith('h') ? 3600 : text.EndsWith('m') ? 60 : 1);
            if (seconds is { } known && known >= least.TotalSeconds && known <= 86_400)
            {
                return TimeSpan.FromSeconds(known);
            }
            given.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; it must be a time such as 90s, 5m or 1h, {least.TotalSeconds} s at least"));
            return default;
        },
    };

    private static T[] Listed<T>(ArgumentResult given, Func<string, T?> read, string expected)
    {
        var values = ImmutableArray.CreateBuilder<T>();
        foreach (var text in given.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (read(text) is { } value)
            {
                values.Add(value);
            }
            else
            {
                given.AddError($"'{text}' is not {expected}");
            }
        }
        return [.. values];
    }

    /// <summary>By name, not by number; hosts are no part of the experiment.</summary>
    private static AttackKind? Kind(string text) => Enum.GetValues<AttackKind>().Where(kind => !kind.IsOfHost() && kind.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)).Cast<AttackKind?>().FirstOrDefault();

    private static double? Number(string text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;
}
