using System.CommandLine;
using System.Runtime.InteropServices;
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
// A terminal that is closed says so by SIGHUP, of which the library takes no notice: what was begun has to be undone all the same.
using var hungUp = new CancellationTokenSource();
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
{
    signal.Cancel = true;
    hungUp.Cancel();
});
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        // The library would end the process two seconds after a signal, however much there is still to be undone.
        ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
    }, hungUp.Token);
}
catch (CommandFailedException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    return 130;
}
