using System.Globalization;
using System.Text;
using HmsOrleans.Benchmarks.Reports;
using HmsOrleans.Tests.Broker;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>An engine with containers, a node, a broker, and a program that sends commands.</summary>
internal sealed class CommandLab : IAsyncDisposable
{
    private const string Exchange = "hms.commands";

    /// <summary>Commands in flight where there are many.</summary>
    public const int InFlight = 200;

    private CommandLab(Lab lab, BrokerProcess broker) => (Lab, Broker) = (lab, broker);

    public Lab Lab { get; }

    public BrokerProcess Broker { get; }

    public NodeProcess Node { get; private set; } = null!;

    public CommandClient Client { get; private set; } = null!;

    public static async Task<CommandLab> StartAsync(Run run, int containers, CancellationToken token)
    {
        var lab = await Lab.StartAsync(run, containers, token);
        CommandLab? made = null;
        try
        {
            run.Say("  a broker, and a node that takes commands from it");
            made = new(lab, await BrokerProcess.StartAsync(token));
            made.Node = await lab.StartNodeAsync(token, ("Hms:RabbitMq:Uri", made.Broker.Uri));
            made.Client = await CommandClient.ConnectAsync(made.Broker.Uri, Exchange, token);
            // The first command pays for what is made only once.
            await made.Client.AskAsync(made.Reading(0), token);
            await made.Client.AskAsync(Change(0), token);
            return made;
        }
        catch
        {
            await (made?.DisposeAsync() ?? lab.DisposeAsync());
            throw;
        }
    }

    /// <summary>Reads a container.</summary>
    public Order Reading(int number) => new("controller", Encoding.UTF8.GetBytes(
        $$"""{"command":"get_container","address":"{{NodeProcess.Host}}","containerID":"{{Lab.Containers[number % Lab.Containers.Count].Name}}"}"""), IsChange: false);

    /// <summary>Sets the threshold of the host to a value of its own.</summary>
    public static Order Change(int number) => new($"manager.{NodeProcess.Host}", Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $$"""{"command":"container_threshold","threshold":{{Threshold(number)}}}""")), IsChange: true);

    /// <summary>The threshold that change sets.</summary>
    public static double Threshold(int number) => 50 + (number % 5000 / 100.0);

    /// <summary>Changes and readings by turns.</summary>
    public Order Mixed(int number) => number % 2 == 0 ? Change(number) : Reading(number);

    /// <summary>What became of commands: none lost, none done twice, in order.</summary>
    /// <param name="row">Of the table.</param>
    /// <param name="requests">As they were sent.</param>
    /// <param name="run">Takes the figures.</param>
    /// <param name="token">Ends the waiting.</param>
    public async Task JudgeAsync(string row, IReadOnlyList<CommandRequest> requests, Run run, CancellationToken token)
    {
        var done = CommandEffects.Of(Node);
        var changes = requests.Where(request => request.Order.IsChange).ToList();
        run.Add(new(row, $"of {requests.Count} commands: not answered, or with an error", "", [requests.Count(request => !request.IsOk)])
        {
            Target = Target.Exactly(0),
            Note = requests.FirstOrDefault(request => !request.IsOk) is { } failed ? failed.Answer.IsCompleted ? await failed.Answer : "no answer" : "",
        });
        run.Add(new(row, $"of {changes.Count} changes: carried out more than once", "", [changes.Count(request => done.GetValueOrDefault(request.Id) > 1)])
        {
            Target = Target.Exactly(0),
            Note = string.Create(CultureInfo.InvariantCulture, $"by the node's log, which has {changes.Count(request => done.ContainsKey(request.Id))} of them"),
        });
        run.Add(new(row, "answers too many, of those that were sent once", "", [requests.Where(request => request.Times == 1).Sum(request => Math.Max(request.Answers - 1, 0))])
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"{requests.Count(request => request.Times > 1)} were sent more than once; of the answers too many {changes.Where(request => request.Times == 1).Sum(request => Math.Max(request.Answers - 1, 0))} are to changes"),
        });
        var last = (await Labs.Lab.ViewAsync(Node, token)).GetProperty("status").GetProperty("threshold").GetDouble();
        var wanted = requests.Select((request, number) => (request, number)).Last(pair => pair.request.Order.IsChange).number;
        run.Add(new(row, "the last change is not what holds", "", [last == Threshold(wanted) ? 0 : 1]) { Target = Target.Exactly(0) });
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
        {
            await Client.DisposeAsync();
        }
        if (Node is not null)
        {
            await Node.DisposeAsync();
        }
        await Broker.DisposeAsync();
        await Lab.DisposeAsync();
    }
}
