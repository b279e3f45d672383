using System.Runtime.InteropServices;
using HmsOrleans.Benchmarks;
using HmsOrleans.Benchmarks.Micro;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Benchmarks.Rows;

IRow[] rows = [new RecoveryRow(), new LossRow(), new NoiseRow(), new KillingsRow(), new EngineRow(), new NodeRow(), new SlowStopRow(), new IdleRow(),
    new FleetRow(), new ControllerRow(), new LostNodeRow(), new CutRow(), new FlappingRow(), new DatabaseRow(), new RollingRow(), new ChaosRow(), new FleetCostRow(), new SoakRow(),
    new RoundTripRow(), new CommandNodeRow(), new BrokerRow(), new CommandLoadRow(), new AntagonistRow(), new ViewersRow(), new PixelRow(), new CrowdRow(), new TrafficRow()];

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine($"""
        HmsOrleans.Benchmarks [--rows 1,2,...] [--micro] [--quick] [--json FILE]

        Attacks containers on a real Docker engine of its own and measures how the node heals them. Start it through
        deploy/bench.sh, which gives it a network namespace of its own.

          --rows 1,2   only these rows:
        {string.Join(Environment.NewLine, rows.Select(row => $"                 {row.Number}  {row.Title}"))}
          --micro      only the micro-benchmarks; with --rows: those rows, and them
          --quick      fewer repetitions and shorter waits: to see that all works, not to quote figures
          --json FILE  where the figures go, with every single value (bench.json)

        Without --rows and --micro: everything. The exit code is 0 when all was measured, whether or not targets were met.
        """);
    return 0;
}

Arguments arguments;
try
{
    arguments = Arguments.Parse(args, [.. rows.Select(row => row.Number)]);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"{e.Message}; --help says what there is");
    return 2;
}

using var interrupted = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);

var began = TimeProvider.System.GetUtcNow();
var run = new Run(arguments.Quick);
var failed = false;
try
{
    foreach (var row in rows.Where(row => arguments.Rows.Contains(row.Number)))
    {
        await MeasureAsync($"{row.Number}", row.Title, row.RunAsync);
    }
    if (arguments.Micro)
    {
        await MeasureAsync("micro", "single operations", MicroBenchmarks.RunAsync);
    }
}
// Whatever it was: an interrupt of the whole group ends engines and nodes too, and calls to them fail before ours is cancelled.
catch (Exception) when (interrupted.IsCancellationRequested)
{
    Console.Error.WriteLine("interrupted; everything that was started is gone, and what was measured before follows");
}

Console.WriteLine();
Console.WriteLine(Table.Of(run.Figures));
await BenchFile.WriteAsync(arguments.Json, run, began);
Console.WriteLine();
Console.WriteLine($"every single value: {arguments.Json}");
return interrupted.IsCancellationRequested ? 130 : failed ? 1 : 0;

async Task MeasureAsync(string row, string title, Func<Run, CancellationToken, Task> measure)
{
    run.Say($"row {row}: {title}");
    try
    {
        await measure(run, interrupted.Token);
    }
    // One row that fails, whatever it is, must not take the others' figures with it.
    catch (Exception e) when (!interrupted.IsCancellationRequested)
    {
        failed = true;
        run.Say($"row {row} failed: {e}");
        run.Add(Figure.Failed(row, title, e.Message.Split('\n')[0]));
    }
}

void Interrupt(PosixSignalContext signal)
{
    // Not at once: engines, containers and nodes are taken down first.
    signal.Cancel = true;
    interrupted.Cancel();
}
