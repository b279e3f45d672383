using System.CommandLine;
using HmsOrleans.Antagonist.Cluster;
using HmsOrleans.Antagonist.CommandLine;

var root = new RootCommand($"""
    The antagonist of HmsOrleans: attacks containers, so that it can be seen how they are kept alive. It is off until it is started.

    {ClusterConnection.Help}
    """)
{
    AgentCommand.Create(),
    HaltCommand.Create(),
    PlanCommand.Create(),
    CampaignCommand.Create(),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // The library would end the process two seconds after a signal, however much there is still to be undone.
        ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
    });
}
catch (CommandFailedException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
