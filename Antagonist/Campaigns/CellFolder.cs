using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using HmsOrleans.Grains.Antagonist;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Engine;
using HmsOrleans.Grains.Health;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>The raw data of cells, a directory each.</summary>
internal sealed class CellFolder(string directory)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static readonly ImmutableArray<string> RecordNames = ["at", "host", "number", "event", "container", "containerId", "fault", "kind", "loss", "text"];

    private static readonly ImmutableArray<string> ViewNames =
    [
        "at", "host", "container", "containerId", "image", "address", "state", "service", "health", "loss", "rtt", "memory", "restarts", "cause", "faultAt", "details",
    ];

    private static readonly ImmutableArray<string> TrafficNames = ["at", "fetches", "changes", "bytes", "wire", "updates"];

    /// <summary>Names of the cells that are there whole.</summary>
    public IEnumerable<string> Complete => Directory.Exists(directory)
        ? Directory.EnumerateDirectories(directory).Where(cell => File.Exists(Path.Combine(cell, "complete"))).Select(cell => Path.GetFileName(cell)!).Order(StringComparer.Ordinal)
        : [];

    public bool IsComplete(Cell cell) => File.Exists(Path.Combine(directory, cell.Name, "complete"));

    /// <summary>Writes a cell down; that it is complete last.</summary>
    public void Write(Cell cell, CellHistory history)
    {
        var folder = Path.Combine(directory, cell.Name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "cell.json"), JsonSerializer.Serialize(history.Info, Json));
        Csv.Write(
            Path.Combine(folder, "samples.csv"),
            ["at", "answered", .. history.Info.Hosts.SelectMany(host => (string[])[$"{host} state", $"{host} held", $"{host} truth", $"{host} stateTruth"])],
            history.Samples.Select(sample => (IReadOnlyList<object?>)
                [sample.At, sample.IsAnswered ? 1 : 0, .. sample.Hosts.SelectMany(host => (object?[])[host.State?.ToString(), host.Held, host.Truth, host.StateTruth])]));
        Csv.Write(Path.Combine(folder, "records.csv"), RecordNames, history.Records.Select(record => (IReadOnlyList<object?>)
            [record.At, record.Host, record.Number, $"{record.Event}", record.Container, record.ContainerId, record.Fault, record.Kind?.ToString(), record.Loss, record.Text]));
        Csv.Write(Path.Combine(folder, "views.csv"), ViewNames, history.Views.Select(view => (IReadOnlyList<object?>)
            [
                view.At, view.Host, view.Container, view.ContainerId, view.Image, view.Address, $"{view.State}", $"{view.Service}", $"{view.Health}",
                view.Loss, view.Rtt, view.Memory, view.Restarts, view.Cause?.ToString(), view.FaultAt, view.Details,
            ]));
        Csv.Write(Path.Combine(folder, "traffic.csv"), TrafficNames, history.Traffic.Select(count => (IReadOnlyList<object?>)
            [count.At, count.Fetches, count.Changes, count.Bytes, count.Wire, count.Updates]));
        File.WriteAllText(Path.Combine(folder, "complete"), "");
    }

    /// <summary>How a cell was played.</summary>
    public CellInfo ReadInfo(string cell) =>
        JsonSerializer.Deserialize<CellInfo>(File.ReadAllText(Path.Combine(directory, cell, "cell.json")), Json)
        ?? throw new FormatException($"{cell} in {directory} has no cell.json that can be read");

    public CellHistory Read(string cell)
    {
        var folder = Path.Combine(directory, cell);
        var info = ReadInfo(cell);
        return new(
            info,
            [.. Csv.Read(Path.Combine(folder, "samples.csv")).Select(row => new CellHistory.Sample(row.Number("at"), row.Whole("answered") == 1,
                [.. info.Hosts.Select(host => new CellHistory.HostSample(
                    row.WordOrNull<HostState>($"{host} state"), row.WholeOrNull($"{host} held"), row.WholeOrNull($"{host} truth"), row.WholeOrNull($"{host} stateTruth")))]))],
            [.. Csv.Read(Path.Combine(folder, "records.csv")).Select(row => new CellHistory.Record(
                row.Number("at"), row.Text("host"), row.Whole("number"), row.Word<AttackEvent>("event"), row.Text("container"), row.Text("containerId"),
                row.TextOrNull("fault") is { } fault ? Guid.Parse(fault) : null, row.WordOrNull<AttackKind>("kind"), row.NumberOrNull("loss"), row.TextOrNull("text")))],
            ReadViews(Path.Combine(folder, "views.csv")),
            [.. Csv.Read(Path.Combine(folder, "traffic.csv")).Select(row => new CellHistory.Count(
                row.Number("at"), row.Whole("fetches"), row.Whole("changes"), row.Whole("bytes"), row.WholeOrNull("wire"), row.Whole("updates")))]);
    }

    /// <summary>Views as they are in the files.</summary>
    public static ImmutableArray<CellHistory.View> ReadViews(TextReader file) => [.. Csv.Read(file, "views").Select(row => new CellHistory.View(
        row.Number("at"), row.Text("host"), row.Text("container"), row.Text("containerId"), row.Text("image"), row.Text("address"),
        row.Word<ContainerState>("state"), row.Word<ServiceState>("service"), row.Word<HealthState>("health"), row.NumberOrNull("loss"), row.NumberOrNull("rtt"),
        row.WholeOrNull("memory"), (int)row.Whole("restarts"), row.WordOrNull<FaultCause>("cause"), row.NumberOrNull("faultAt"), row.Text("details")))];

    private static ImmutableArray<CellHistory.View> ReadViews(string path)
    {
        using var file = new StreamReader(path);
        return ReadViews(file);
    }
}
