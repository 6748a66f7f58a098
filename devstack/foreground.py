"""Run the one-machine stack in the foreground, as `bookme dev` does."""

import asyncio

from config.foreground import until_interrupted
from config.settings import Settings
from config.telemetry import configure_logging
from devstack.console import ConsoleReporter
from devstack.stack import Options, Stack


def serve(options: Options) -> None:
    """Run the stack until Ctrl-C."""
    settings = Settings()
    configure_logging(settings)
    reporter = ConsoleReporter()
    asyncio.run(run_stack(Stack(options, settings, reporter), reporter, str(options.data_dir)))


async def run_stack(stack: Stack, reporter: ConsoleReporter, data_dir: str) -> None:
    async def serve() -> None:
        async with stack.running() as running:
            reporter.ready(running, data_dir)
            await asyncio.Event().wait()

    def tell() -> None:
        reporter.say("stopping; Ctrl-C again stops at once")

    await until_interrupted(serve(), first=tell, again=stack.supervisor.kill)
    reporter.say("stopped")
