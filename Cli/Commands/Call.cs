using System.CommandLine;
using System.Text.Json;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary>One call of the program: what it was asked, whom it asks, and where the answer goes.</summary>
internal sealed record Call(ParseResult Given, ApiClient Api, Terminal Terminal)
{
    public TextWriter Out => Terminal.Out;

    public bool IsJson => GlobalOptions.IsJson(Given);

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Table<T>(Table<T> table, IReadOnlyCollection<T> rows) => table.Write(rows, Terminal);

    /// <summary>What the API said.</summary>
    public void Json(JsonElement json) => Out.WriteLine(JsonText.Of(json));

    public void Json(IEnumerable<JsonElement> array) => Out.WriteLine(JsonText.Of(array));

    /// <summary>A change holds; a person may want to know that it could be lost.</summary>
    public void Warn(string? unsaved)
    {
        if (unsaved is not null)
        {
            Terminal.Error.WriteLine($"hms: {Words.Printable(unsaved)}");
        }
    }

    /// <summary>The container that an argument names.</summary>
    public async Task<Container> FindAsync(string given, CancellationToken cancellationToken)
    {
        var hosts = await Api.HostsWithContainersAsync(cancellationToken);
        var found = ContainerPick.Find(hosts.Value.SelectMany(host => host.Containers), given);
        return found switch
        {
            [var only] => only,
            [] => throw new CommandFailedException(ExitCode.Usage, $"No container is called '{given}', and none has an id that begins like that. 'hms ps --all' lists them."),
            _ => throw new CommandFailedException(ExitCode.Usage,
                $"'{given}' can mean {found.Count} containers. Say which:\n{string.Join('\n', found.Select(container => $"  {container.Host}/{container.Name}  ({container.ShortId})"))}"),
        };
    }

    public static string PathOf(Container container, params ReadOnlySpan<string> more) => ApiClient.Path(["containers", container.Host, container.Id, .. more]);
}
