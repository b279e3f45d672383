using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HmsOrleans.Antagonist.Plans;
using HmsOrleans.Grains.Antagonist;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary><c>plan</c>: prints the attacks of a scenario.</summary>
internal static class PlanCommand
{
    private static readonly Option<string> Host = new("--host") { Description = "Address of the host.", Required = true };

    private static readonly Option<string[]> Containers = new("--containers")
    {
        Description = "Names of the containers.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<double> Length = new("--length") { Description = "Seconds from the start.", DefaultValueFactory = _ => 60 };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a line, instead of a table." };

    public static Command Create()
    {
        var command = new Command("plan", "Prints the attacks of a scenario, which are the same for the same seed, host and containers. Attacks nothing.")
        { Host, Containers, Length, Json };
        ScenarioOptions.AddTo(command);
        command.SetAction(given =>
        {
            var attacks = AttackPlan.On(given.GetValue(Host)!, given.GetValue(Containers)!, ScenarioOptions.Of(given), TimeSpan.FromSeconds(given.GetValue(Length)));
            foreach (var attack in attacks)
            {
                Console.WriteLine(given.GetValue(Json) ? AsJson(attack) : AsLine(attack));
            }
        });
        return command;
    }

    private static string AsLine(PlannedAttack attack) => string.Create(
        CultureInfo.InvariantCulture,
        $"{attack.At.TotalSeconds,10:0.000} s  {Name(attack.Kind),-10}  {attack.Victim}{(attack.Loss is { } loss ? $"  {loss:0.0} %" : "")}{(attack.Kind.Stops() ? "" : $"  for {attack.Duration.TotalSeconds:0.000} s")}");

    private static string AsJson(PlannedAttack attack) => JsonSerializer.Serialize(new
    {
        at = attack.At.TotalSeconds,
        kind = Name(attack.Kind),
        container = attack.Container,
        loss = attack.Loss,
        duration = attack.Duration.TotalSeconds,
    });

    private static string Name(AttackKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
